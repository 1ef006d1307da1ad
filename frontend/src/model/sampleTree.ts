import type { Field, FieldType, Json, Text } from '../shared/api/types';
import { isObject } from './document';
import { rawNumber } from './lossless';

/** A field of a document as it can be read: where it is, what it means, what it holds in the sample. */
export interface SampleField {
  /** As the value language names it: lines have no index, "items.sku_id". */
  path: string;
  key: string;
  title?: Text;
  type: FieldType;
  /** The value in the sample; of lines that of the first one. */
  value?: Json;
  /** Number of lines in the sample. */
  count?: number;
  /** In the sample, but nobody declared it. */
  isNew: boolean;
  /** Path of the array this is a line of, '' for the header. */
  scope: string;
  children: SampleField[];
}

function typeOf(value: Json | undefined): FieldType {
  if (Array.isArray(value)) return 'array';
  if (rawNumber(value) !== undefined) return 'decimal';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'decimal';
  if (typeof value === 'boolean') return 'bool';
  return isObject(value) ? 'object' : 'string';
}

/** Merges what an operation declares with a sample: declared order first, discovered fields behind. */
export function sampleFields(sample: Json | undefined, declared: readonly Field[] = [], at = '', scope = ''): SampleField[] {
  const record = isObject(sample) && rawNumber(sample) === undefined ? sample : {};
  const fields = declared.map((field) => one(field.field, record[field.field], field, at, scope));
  const known = new Set(declared.map((field) => field.field));
  for (const [key, value] of Object.entries(record)) if (!known.has(key)) fields.push(one(key, value, undefined, at, scope));
  return fields;
}

function one(key: string, value: Json | undefined, field: Field | undefined, at: string, scope: string): SampleField {
  const path = at === '' ? key : `${at}.${key}`;
  const type = field?.type ?? typeOf(value);
  const isList = Array.isArray(value) || type === 'array';
  const first = Array.isArray(value) ? value[0] : value;
  const nested = isList || type === 'object' || (isObject(value) && rawNumber(value) === undefined);
  return {
    path, key, type, scope,
    ...(field === undefined ? {} : { title: field.title }),
    ...(nested ? {} : { value }),
    ...(Array.isArray(value) ? { count: value.length } : {}),
    isNew: field === undefined,
    children: nested ? sampleFields(first, field?.children, path, isList ? path : scope) : [],
  };
}

/** All fields, parents before children. */
export function flatten(fields: readonly SampleField[]): SampleField[] {
  return fields.flatMap((field) => [field, ...flatten(field.children)]);
}

/** Reads a value by the path a problem or a mapping row names; of lines the first. */
export function valueAt(body: Json | undefined, path: readonly string[]): Json | undefined {
  let here = body;
  for (const key of path) {
    if (Array.isArray(here)) here = here[0];
    if (!isObject(here)) return undefined;
    here = here[key];
  }
  return here;
}

/** What a parser wrapped: {"FNumber":"100"} stands for "100". */
export function unwrapped(value: Json | undefined): Json | undefined {
  if (!isObject(value) || rawNumber(value) !== undefined) return value;
  const inner = Object.values(value);
  return inner.length === 1 ? unwrapped(inner[0]) : value;
}

/** A value on one line. */
export function shortText(value: Json | undefined, longest = 80): string {
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : (rawNumber(value) ?? JSON.stringify(value));
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/**
 * The document as the value language sees it on the first line of an array:
 * the array stands for that line.
 */
export function onFirstLine(sample: Json, scope: string): Json {
  if (scope === '' || !isObject(sample)) return sample;
  const [head = '', ...rest] = scope.split('.');
  const value = sample[head];
  const line = Array.isArray(value) ? (value[0] ?? {}) : (value ?? {});
  return { ...sample, [head]: onFirstLine(line, rest.join('.')) };
}

/** What a document is called in a list of samples: what its source says its number is, or the first short value it has. */
export function sampleName(sample: Json, path: string): string {
  const named = path === '' ? undefined : valueAt(sample, path.split('.'));
  if (named !== undefined && named !== null && named !== '') return shortText(named, 40);
  const first = isObject(sample) ? Object.values(sample).find((value) => isScalar(value) && shortText(value) !== '') : undefined;
  return shortText(first, 40);
}

const isScalar = (value: Json): boolean => typeof value === 'string' || typeof value === 'number' || rawNumber(value) !== undefined;

/** Whether a value of a document's header contains what was typed. */
export function sampleHas(sample: Json, query: string): boolean {
  const wanted = query.trim().toLowerCase();
  return wanted === '' || (isObject(sample) && Object.values(sample).some((value) => isScalar(value) && shortText(value, 200).toLowerCase().includes(wanted)));
}
