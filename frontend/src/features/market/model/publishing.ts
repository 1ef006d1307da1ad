import type { TemplateWords } from '../../../shared/api/types';
import { RawJson } from '../../../shared/lib/json';

/** What the server is asked: the sample as it was typed, with all its digits. */
export type Asked = Omit<TemplateWords, 'samples'> & { samples?: RawJson };

/** Words in both languages, empty where none are given. */
export interface Pair {
  zh: string;
  en: string;
}

/** What a person says of a template before it is published. What stays empty the server fills in. */
export interface Words {
  flows: string[];
  id: string;
  version: string;
  author: string;
  licence: string;
  title: Pair;
  summary: Pair;
  industry: Pair;
  docs: Pair;
  changelog: Pair;
  slots: Record<string, { title: Pair; help: Pair }>;
  /** The code tables whose rows go along. */
  rows: Record<string, boolean>;
  tests: boolean;
  given: string;
  expected: string;
}

const none = (): Pair => ({ zh: '', en: '' });

export const NO_PAIR: Pair = none();

export function beginWith(flows: string[], id: string): Words {
  return {
    flows, id, version: '', author: '', licence: '', title: none(), summary: none(), industry: none(), docs: none(), changelog: none(),
    slots: {}, rows: {}, tests: false, given: '', expected: '',
  };
}

/** The text as JSON; undefined where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Which of the two texts of the sample is no JSON. A sample has both or none. */
export function wrongSample({ given, expected }: Words): { given: boolean; expected: boolean } {
  const any = given.trim() !== '' || expected.trim() !== '';
  return { given: any && parsed(given) === undefined, expected: any && parsed(expected) === undefined };
}

const said = ({ zh, en }: Pair) => (zh.trim() === '' && en.trim() === '' ? undefined : { zh: zh.trim() || en.trim(), ...(en.trim() !== '' && { en: en.trim() }) });

/** What the server is asked, without what is empty. */
export function bodyOf(words: Words): Asked {
  const { flows, id, version, author, licence, slots, rows, tests, given, expected } = words;
  const texts = (['title', 'summary', 'industry', 'docs', 'changelog'] as const).flatMap((key) => {
    const text = said(words[key]);
    return text === undefined ? [] : [[key, text] as const];
  });
  const lines = Object.entries({ id, version, author, licence }).flatMap(([key, value]) => (value.trim() === '' ? [] : [[key, value.trim()] as const]));
  const named = Object.entries(slots).flatMap(([slot, { title, help }]) => {
    const both = Object.entries({ title: said(title), help: said(help) }).filter(([, text]) => text !== undefined);
    return both.length === 0 ? [] : [[slot, Object.fromEntries(both)] as const];
  });
  const wrong = wrongSample(words);
  const sample = given.trim() !== '' && !wrong.given && !wrong.expected;
  return {
    flows, ...Object.fromEntries(lines), ...Object.fromEntries(texts),
    slots: Object.fromEntries(named), codeTables: Object.fromEntries(Object.entries(rows).map(([name, take]) => [name, { rows: take }])),
    ...(tests && { tests }),
    ...(sample && { samples: new RawJson(`[{"given":${given},"expected":${expected}}]`) }),
  };
}
