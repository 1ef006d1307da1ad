import type { Field, Json } from '../shared/api/types';
import { isObject } from './document';
import { pathsIn, placeholder, SYSTEM_VARIABLES } from './expression';
import { flatLines, type Line, setRow } from './mapping';
import { flatten, type SampleField, sampleFields } from './sampleTree';

// What samples say about a mapping: fields that nobody declared, and fields that a
// mapping reads and no sample has.

const RESERVED = new Set<string>([...SYSTEM_VARIABLES, 'params', 'source']);

/** Names along a path; places in lists don't count. */
const stepsOf = (path: string): string[] => path.replaceAll(/\[\d*\]/g, '').split('.').filter((step) => step !== '' && !/^\d+$/.test(step));

/** Whether a document has a field; undefined where it cannot tell, because the list above is empty. */
function holds(body: Json | undefined, steps: readonly string[]): boolean | undefined {
  if (Array.isArray(body)) {
    if (body.length === 0) return undefined;
    const told = body.map((one) => holds(one, steps));
    return told.includes(true) ? true : told.includes(false) ? false : undefined;
  }
  const [step, ...rest] = steps;
  if (step === undefined) return true;
  if (!isObject(body)) return body === null || body === undefined ? undefined : false;
  return Object.hasOwn(body, step) ? holds(body[step], rest) : false;
}

/** A path that a value reads and no sample has. */
export interface Lost {
  path: string;
  /** The source declares it: it may only be empty in these samples. */
  declared: boolean;
}

/** What a line's text reads. */
function readsOf(line: Line): string[] {
  if (line.type === 'array' && line.value !== '' && !line.value.includes('{{')) return /^[^\s[{]+$/.test(line.value) ? [line.value] : [];
  return pathsIn(line.value);
}

/** By line: the paths it reads that none of the samples has. */
export function lostPaths(lines: readonly Line[], samples: readonly Json[], known: readonly SampleField[]): Map<string, Lost[]> {
  const found = new Map<string, Lost[]>();
  if (samples.length === 0) return found;
  const declared = new Set(flatten(known).filter((field) => !field.isNew).map((field) => field.path));
  const told = new Map<string, boolean>();
  const isLost = (path: string): boolean => {
    const kept = told.get(path);
    if (kept !== undefined) return kept;
    const steps = stepsOf(path);
    const answers = RESERVED.has(steps[0] ?? '') || steps.length === 0 ? [true] : samples.map((one) => holds(one, steps));
    const lost = !answers.includes(true) && answers.includes(false);
    told.set(path, lost);
    return lost;
  };
  for (const line of flatLines(lines)) {
    const lost = readsOf(line).filter(isLost);
    if (lost.length > 0) found.set(line.id, lost.map((path) => ({ path, declared: declared.has(stepsOf(path).join('.')) })));
  }
  return found;
}

/** Lists and objects of samples as one document that has every field any of them has. */
function union(bodies: readonly (Json | undefined)[]): Json | undefined {
  const lists = bodies.filter(Array.isArray);
  if (lists.length > 0) {
    const line = union(lists.flat());
    return line === undefined ? [] : [line];
  }
  const objects = bodies.filter(isObject);
  if (objects.length === 0) return bodies.find((one) => one !== null && one !== undefined);
  return Object.fromEntries([...new Set(objects.flatMap(Object.keys))].map((key) => [key, union(objects.map((one) => one[key])) ?? null]));
}

/** Fields of the samples that the source's operation does not declare and the mapping does not read. Where nothing is declared, nothing is new. */
export function newFields(samples: readonly Json[], declared: readonly Field[], lines: readonly Line[]): SampleField[] {
  if (samples.length === 0 || declared.length === 0) return [];
  const read = new Set(flatLines(lines).flatMap(readsOf));
  return flatten(sampleFields(union(samples), declared)).filter((field) => field.isNew && !read.has(field.path) && (field.type !== 'object' || field.children.length === 0));
}

/** The mapping with a row for a field of the source, below the first list that runs over the same lines. */
export function addField(rows: Json | undefined, lines: readonly Line[], target: readonly Field[], field: SampleField): Json[] {
  const home = field.scope === '' ? undefined : flatLines(lines).find((line) => line.type === 'array' && line.value.replace(/[{}\s]/g, '') === field.scope);
  const path = [...(home?.path ?? []), field.key];
  const there = flatLines(lines).find((line) => line.id === path.join('.'));
  const isList = field.type === 'array';
  const type = there?.declared !== undefined || field.type === 'string' ? {} : { type: field.type };
  return setRow(rows, path, target, { ...type, value: isList ? field.path : placeholder(field.path) });
}
