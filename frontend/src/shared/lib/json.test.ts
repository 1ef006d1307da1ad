import { describe, expect, it } from 'vitest';
import { JsonError, parseJson, parseKeeping, prettyJson, type RawJson, writeBody, writeJson } from './json';

describe('parseJson', () => {
  it.each([
    '{"id":9007199254740993,"amount":0.10,"big":123456789012345678901234567890.500}',
    '{"b":1,"a":2,"10":3,"2":4}',
    '{"a":1,"a":2}',
    '[1e400,-0,1E+2,"\\u4e2d\\n\\"",true,false,null,{},[]]',
    '"text"',
    '0',
  ])('gives %s back as it was', (text) => {
    expect(writeJson(parseJson(text))).toBe(text.replace('\\u4e2d', '中'));
  });

  it('agrees with JSON.parse on what is JSON', () => {
    const bad = ['', '{', '{"a"}', '{"a":}', '[1,]', '{"a":1,}', '01', '1.', '+1', "{'a':1}", '[1] x', '"\n"', 'nul', '"\\x"', '--1', 'NaN'];
    for (const text of bad) {
      expect(() => JSON.parse(text), text).toThrow();
      expect(() => parseJson(text), text).toThrow(JsonError);
    }
  });

  it('says where it went wrong', () => {
    try {
      parseJson('{\n  "a": 1,\n  "b": x\n}');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ line: 3, column: 8 });
    }
  });

  it('refuses a text that would exhaust the stack', () => {
    expect(() => parseJson('['.repeat(100_000))).toThrow(JsonError);
  });
});

describe('prettyJson', () => {
  it('lays out without touching digits', () => {
    expect(prettyJson('{"a":[1.50,{"b":[]}],"c":{}}')).toBe('{\n  "a": [\n    1.50,\n    {\n      "b": []\n    }\n  ],\n  "c": {}\n}');
  });
  it('leaves what is no JSON', () => {
    expect(prettyJson('<html>')).toBe('<html>');
  });
});

describe('parseKeeping and writeBody', () => {
  it('carry a payload through untouched', () => {
    const got = parseKeeping('{"id":"7","source":{"o_id":11111111111111111111,"paid":1.10},"calls":[{"request":[1.0]}]}', new Set(['source', 'request'])) as {
      id: string; source: RawJson; calls: { request: RawJson }[];
    };
    expect(got.id).toBe('7');
    expect(got.calls[0]?.request.text).toBe('[1.0]');
    expect(writeBody({ version: 'published', source: got.source, note: undefined })).toBe(
      '{"version":"published","source":{"o_id":11111111111111111111,"paid":1.10}}',
    );
  });

  it('keeps a member named __proto__ harmless', () => {
    const got = parseKeeping('{"__proto__":{"admin":true}}', new Set()) as { admin?: boolean };
    expect(got.admin).toBeUndefined();
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});
