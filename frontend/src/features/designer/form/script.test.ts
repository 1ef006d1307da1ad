import { CompletionContext } from '@codemirror/autocomplete';
import { EditorState } from '@codemirror/state';
import { describe, expect, it } from 'vitest';
import { sampleFields } from '~/model/sampleTree';
import { complete, type Known } from './ScriptEditor';
import { HELPERS, membersOf } from './scriptHelp';

const known: Known = { fields: sampleFields({ o_id: 7, items: [{ sku: 'S' }] }, []), lookups: ['shop', 'bank'], language: 'en' };

function completed(text: string, language = 'en') {
  const found = complete(new CompletionContext(EditorState.create({ doc: text }), text.length, true), { ...known, language });
  return found === null ? undefined : { rest: text.slice(found.from), labels: found.options.map((one) => one.label), infos: found.options.map((one) => ('info' in one ? one.info : '')) };
}

describe('completion of scripts', () => {
  it('offers what ctx has', () => {
    expect(completed('return ctx.')?.labels).toEqual(['params', 'vars', 'key', 'number', 'revision', 'window', 'lookup', 'log', 'output', 'decimal', 'date', 'hash']);
    expect(completed('ctx.date.fo')).toMatchObject({ rest: 'fo', labels: ['now', 'parse', 'format', 'add', 'diff'] });
    expect(completed('ctx.window.')?.labels).toEqual(['from', 'to']);
    expect(completed('ctx.nothing.')?.labels).toEqual([]);
  });
  it('explains it in the language of the page', () => {
    expect(completed('ctx.decimal.')?.infos[0]).toBe('ctx.decimal.add(a, b)\nAdds');
    expect(completed('ctx.decimal.', 'zh-CN')?.infos[0]).toBe('ctx.decimal.add(a, b)\n相加');
  });
  it('offers the look-ups that the node declares', () => {
    expect(completed('ctx.lookup("s')).toMatchObject({ rest: 's', labels: ['shop', 'bank'] });
    expect(completed("ctx.lookup( '")?.labels).toEqual(['shop', 'bank']);
  });
  it('offers the fields of the sample, and nothing elsewhere', () => {
    expect(completed('doc.')?.labels).toContain('o_id');
    expect(completed('other.')).toBeUndefined();
  });
  it('has words in both languages for every member, each once', () => {
    expect(HELPERS.filter((one) => one.help.zh === '' || (one.help.en ?? '') === '')).toEqual([]);
    expect(new Set(HELPERS.map((one) => one.path)).size).toBe(HELPERS.length);
    expect(HELPERS.filter((one) => one.path.includes('.') && membersOf(one.path.split('.')[0] ?? '').length === 0)).toEqual([]);
  });
});
