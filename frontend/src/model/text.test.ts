import { describe, expect, it } from 'vitest';
import { insertPath, modeOf, openAt, pathsIn } from './expression';
import { formatJson, parseLossless, rawNumber } from './lossless';
import { initialsOf, matches } from './pinyin';
import { countByNode, placeOf, problemsAt, settingIn } from './problems';
import { refundFlow } from './testing';

describe('value texts', () => {
  it.each([['', 'empty'], ['{{a}}', 'field'], [' {{a|date}} ', 'field'], ['{{a}}-{{b}}', 'template'], ['_function 1+1', 'function'], ['_findCollection find a from b', 'lookup'], ['x', 'constant']])('%j is %s', (text, mode) => expect(modeOf(text)).toBe(mode));
  it('lists paths', () => expect(pathsIn('{{a.b|date}} x {{ c }} {{}}')).toEqual(['a.b', 'c']));
  it('knows the open placeholder', () => {
    expect(openAt('a {{it', 6)).toEqual({ start: 4, query: 'it' });
    expect(openAt('{{a}} b', 7)).toBeUndefined();
    expect(openAt('{{', 2)).toEqual({ start: 2, query: '' });
  });
  it.each([
    ['', 0, '{{p}}', 5], ['a {{it', 6, 'a {{p}}', 7], ['{{it}}', 4, '{{p}}', 5], ['{{it|date}}', 4, '{{p|date}}', 3], ['{{old_name}} x', 5, '{{p}} x', 5], ['x', 1, 'x{{p}}', 6],
  ])('inserts into %j at %i', (text, cursor, want, at) => expect(insertPath(text, cursor, 'p')).toEqual({ text: want, cursor: at }));
});

describe('search', () => {
  it('finds by initials', () => {
    expect(initialsOf('\u5b57\u6bb5\u6620\u5c04')).toBe('zdys');
    expect(initialsOf('\u6e90\u67e5\u8be2')).toBe('ycx');
    expect(initialsOf('\u5199\u5165\u76ee\u6807')).toBe('xrmb');
    expect(matches('ZD', '\u5b57\u6bb5\u6620\u5c04')).toBe(true);
    expect(matches('map', undefined, 'Field mapping')).toBe(true);
    expect(matches('zz', '\u5b57\u6bb5')).toBe(false);
  });
});

describe('numbers', () => {
  it('keeps digits', () => {
    const text = '{"id":12345678901234567890,"price":1.10,"n":2}';
    const value = parseLossless(text) as Record<string, never>;
    expect(value.n).toBe(2);
    // Engines without source text access round, as every page did before them.
    if (rawNumber(value.id) === undefined) return expect(value.price).toBe(1.1);
    expect(JSON.stringify(value)).toBe(text);
    expect(formatJson(value.price)).toBe('1.10');
  });
});

describe('problems', () => {
  const doc = refundFlow();
  const problems = [
    { code: 'a', message: '', path: 'spec.nodes[4].settings.fields[0].value', blocking: true },
    { code: 'b', message: '', path: 'spec.nodes[4]' },
    { code: 'c', message: '', path: 'spec.edges[6].from' },
    { code: 'd', message: '', path: 'spec.nodes[7].id' },
  ];
  it('finds their places', () => {
    expect(problems.map((one) => placeOf(one, doc))).toEqual([{ node: 'bill', field: 'settings.fields[0].value' }, { node: 'bill', field: '' }, { edge: 6 }, {}]);
    expect(countByNode(problems, doc)).toEqual(new Map([['bill', { blocking: 1, warnings: 1 }]]));
    expect(problemsAt(problems, doc, 'bill', 'fields').map((one) => one.path)).toEqual(['[0].value']);
    expect(problemsAt(problems, doc, 'bill', 'field')).toEqual([]);
    expect([settingIn('settings.fields[0]'), settingIn('connection'), settingIn('')]).toEqual(['fields', 'connection', undefined]);
  });
});
