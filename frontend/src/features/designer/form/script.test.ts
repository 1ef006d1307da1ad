import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompletionContext } from '@codemirror/autocomplete';
import { EditorState } from '@codemirror/state';
import { describe, expect, it } from 'vitest';
import { sampleFields } from '~/model/sampleTree';
import en from '../i18n/en.json';
import zh from '../i18n/zh-CN.json';
import { complete, diagnosticOf, failedAt, type Known } from './ScriptEditor';
import { HELPERS, helpOf, membersOf } from './scriptHelp';

const known: Known = { fields: sampleFields({ o_id: 7, items: [{ sku: 'S' }] }, []), lookups: ['shop', 'bank'], language: 'en', say: (key) => key };

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
  it('explains how it is called and what it does', () => {
    expect(completed('ctx.decimal.')?.infos[0]).toBe('ctx.decimal.add(a, b)\nscript.ctx.decimal_add');
    expect(completed('ctx.par')?.infos[0]).toBe('script.ctx.params');
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
    for (const words of [zh, en]) expect(Object.keys(words.script.ctx).map((key) => `script.ctx.${key}`).sort()).toEqual(HELPERS.map((one) => helpOf(one)).sort());
    for (const page of ['zh', 'en']) {
      const written = readFileSync(join(import.meta.dirname, `../../../../../nodes/script/docs/${page}.md`), 'utf8');
      expect(HELPERS.filter(({ path }) => !written.includes(`ctx.${path}`) && !written.includes(`\`${path.split('.').at(-1) ?? ''}\``)).map(({ path }) => path)).toEqual([]);
    }
    expect(new Set(HELPERS.map((one) => one.path)).size).toBe(HELPERS.length);
    expect(HELPERS.filter((one) => one.path.includes('.') && membersOf(one.path.split('.')[0] ?? '').length === 0)).toEqual([]);
  });
});

describe('what is wrong with a script', () => {
  const code = EditorState.create({ doc: 'function transform(doc) {\n  return doc.a.b\n}' }).doc;
  it('is shown at its line', () => {
    const at = diagnosticOf(code, { line: 2, column: 14, message: 'm' });
    expect([code.sliceString(at.from, at.to), at.message]).toEqual(['a.b', 'm']);
    expect(diagnosticOf(code, { line: 9, column: 99, message: 'm' })).toMatchObject({ from: code.length, to: code.length });
  });
  it('is known of a failure that has a place', () => {
    expect(failedAt({ code: 'script.error', message: 'm', args: { line: '2', column: '3' } })).toEqual({ line: 2, column: 3, message: 'm' });
    expect([failedAt(undefined), failedAt({ code: 'x', message: 'm' }), failedAt({ code: 'x', message: 'm', args: { line: 'x', column: '1' } })]).toEqual([undefined, undefined, undefined]);
  });
});
