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

  it.each([
    ['code value ["B"] does not exist', ['FEntity.1.FMaterialId']],
    ['nothing that is there', ['FEntity.0.FMaterialId', 'FEntity.1.FMaterialId']],
    ['A bare letter may be part of any word', ['FEntity.0.FMaterialId', 'FEntity.1.FMaterialId']],
  ])('is narrowed by: %s', (words, expected) => {
    expect([...marked(rows, 'FMaterialId', words)]).toEqual(expected);
  });

  it('is narrowed by a longer value without quotes', () => {
    const two = rowsOf(parseJson('{"lines":[{"sku":"SKU-1"},{"sku":"SKU-2"}]}'), new Set(), 9);
    expect([...marked(two, 'sku', 'SKU-2 is unknown')]).toEqual(['lines.1.sku']);
  });
});
