import type { FieldType } from '../shared/api/types';
import { type Dictionary, isLearned, learn } from './dictionary';
import { placeholder } from './expression';
import { flatLines, isIgnored, type Line } from './mapping';
import type { SampleField } from './sampleTree';
import { flatten } from './sampleTree';
import synonyms from './synonyms.json';

/** At or above this a pair is proposed; below it is only listed. */
export const SURE = 0.8;
export const LIKELY = 0.5;

export interface Suggestion {
  value: string;
  source: SampleField;
  score: number;
}

/** Names and titles that mean the same in the systems people connect. */
const SYNONYMS = (synonyms as string[][]).map((one) => new Set(one));
/** The words of a pair that mean the same, and of one that somebody accepted before. */
const SYNONYM = 0.8;
const LEARNED = 0.82;

/** F-prefixes, suffixes of references, case and separators say nothing about the meaning. */
export function normalKey(key: string): string {
  const bare = key.replace(/[.]FNumber$/i, '').replace(/_(FNumber|FName)$/i, '');
  const cut = /^F[A-Z]/.test(bare) ? bare.slice(1) : bare;
  return cut.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

const bigrams = (text: string): string[] => Array.from({ length: Math.max(0, text.length - 1) }, (_, i) => text.slice(i, i + 2));

function likeness(a: string, b: string): number {
  const left = bigrams(a);
  const right = bigrams(b);
  if (left.length === 0 || right.length === 0) return a === b ? 1 : 0;
  let hits = 0;
  const rest = [...right];
  for (const pair of left) {
    const at = rest.indexOf(pair);
    if (at < 0) continue;
    rest.splice(at, 1);
    hits++;
  }
  return (2 * hits) / (left.length + right.length);
}

/** What brackets add to a title says less than the title. */
const normalTitle = (title: string): string => title.replace(/[(\uff08].*$/, '').toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
const areSynonyms = (a: string, b: string): boolean => SYNONYMS.some((set) => set.has(a) && set.has(b));

const group = (type: FieldType): string => (type === 'array' ? 'list' : type === 'object' ? 'object' : type === 'date' || type === 'datetime' ? 'time' : 'plain');

/** How well a field of the source fits a field of the target: 0 to 1. */
export function scoreOf(source: SampleField, target: Line, learned: Dictionary = {}): number {
  if ((group(source.type) === 'list') !== (group(target.type) === 'list')) return 0;
  const a = normalKey(source.key);
  const b = normalKey(target.field);
  const [sourceTitle, targetTitle] = [source.title?.zh ?? '', target.title?.zh ?? ''];
  let score = 0;
  if (source.key === target.field) score = 1;
  else if (a === b && a !== '') score = 0.9;
  else if (sourceTitle !== '' && sourceTitle === targetTitle) score = 0.85;
  else if (isLearned(learned, b, a)) score = LEARNED;
  else if (areSynonyms(a, b) || areSynonyms(normalTitle(sourceTitle), normalTitle(targetTitle))) score = SYNONYM;
  else score = 0.7 * Math.max(likeness(a, b), sourceTitle === '' || targetTitle === '' ? 0 : likeness(sourceTitle, targetTitle));
  const clash = group(source.type) !== group(target.type) && (group(source.type) === 'object' || group(target.type) === 'object');
  const timeClash = group(target.type) === 'time' && group(source.type) === 'plain' && source.type !== 'string' && source.type !== 'int';
  return Math.max(0, score - (clash || timeClash ? 0.3 : 0));
}

/**
 * Proposes values for lines that have none. A line of the target takes fields of
 * the array its parent runs over, or of the header only where its parent does:
 * a header's total must never land on every line. Lines below an array that
 * nobody filled are proposed for the array that is proposed for it, if that is sure.
 */
export function suggest(lines: readonly Line[], source: readonly SampleField[], learned: Dictionary = {}): Map<string, Suggestion[]> {
  const fields = flatten(source);
  const found = new Map<string, Suggestion[]>();
  const inScope = (scope: string) => fields.filter((field) => field.scope === scope);
  const walk = (list: readonly Line[], scope: string) => {
    for (const one of list) {
      let inner: string | undefined = one.type === 'array' && one.value !== '' ? one.value.replace(/[{}\s]/g, '') : scope;
      if (one.value === '' && one.type !== 'object' && !isIgnored(one)) {
        const best = inScope(scope)
          .map((field) => ({ source: field, score: scoreOf(field, one, learned), value: one.type === 'array' ? field.path : placeholder(field.path) }))
          .filter((suggestion) => suggestion.score >= LIKELY)
          .sort((a, b) => b.score - a.score)
          .slice(0, 5);
        if (best.length > 0) found.set(one.id, best);
        if (one.type === 'array') inner = best[0] !== undefined && best[0].score >= SURE ? best[0].source.path : undefined;
      }
      if (inner !== undefined) walk(one.children, inner);
    }
  };
  walk(lines, '');
  return found;
}

/** A pair to take: a line and what is proposed for it. */
export type Taken = readonly [Line, Suggestion];

/** The pairs that have to be taken with one: a line of an array makes no sense without the array it runs over. */
export function withArrays(taken: Taken, all: ReadonlyMap<string, Line>, offered: ReadonlyMap<string, Suggestion[]>): Taken[] {
  const [line] = taken;
  const above = line.path.slice(0, -1).flatMap((_, i): Taken[] => {
    const parent = all.get(line.path.slice(0, i + 1).join('.'));
    const best = parent === undefined ? undefined : offered.get(parent.id)?.[0];
    return parent !== undefined && parent.type === 'array' && parent.value === '' && best !== undefined ? [[parent, best]] : [];
  });
  return [...above, taken];
}

/** What the dictionary learns from pairs that were taken; a pair whose names say it already teaches nothing. */
export function learnFrom(known: Dictionary, taken: readonly Taken[]): Dictionary {
  return taken.reduce((next, [line, suggestion]) => learn(next, normalKey(line.field), normalKey(suggestion.source.key)), known);
}

/** The proposals good enough to take all at once. */
export const sure = (found: ReadonlyMap<string, Suggestion[]>): [string, Suggestion][] =>
  [...found].flatMap(([id, [best]]) => (best !== undefined && best.score >= SURE ? [[id, best] as [string, Suggestion]] : []));

/** Lines by id, for taking proposals. */
export const byId = (lines: readonly Line[]): Map<string, Line> => new Map(flatLines(lines).map((one) => [one.id, one]));
