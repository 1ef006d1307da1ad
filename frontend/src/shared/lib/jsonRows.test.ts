import { describe, expect, it } from 'vitest';
import { parseJson } from './json';
import { marked, rowsOf } from './jsonRows';

const rows = rowsOf(parseJson('{"FBillNo":"1","FEntity":[{"FMaterialId":{"FNumber":"A"}},{"FMaterialId":{"FNumber":"B"},"0":1}],"FNumber":"x"}'), new Set(), 9);

describe('what a problem points at', () => {
  it.each([
    ['FEntity[1].FMaterialId', ['FEntity.1.FMaterialId']],
    ['FEntity.0.FMaterialId', ['FEntity.0.FMaterialId']],
    ['FEntity.FMaterialId', ['FEntity.0.FMaterialId', 'FEntity.1.FMaterialId']],
    ['FMaterialId', ['FEntity.0.FMaterialId', 'FEntity.1.FMaterialId']],
    ['FNumber', ['FNumber']],
    ['FEntity[7].FMaterialId', []],
    ['nothing', []],
    ['', []],
    [undefined, []],
  ])('%s', (path, expected) => {
    expect([...marked(rows, path)]).toEqual(expected);
  });
});
