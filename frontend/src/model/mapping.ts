import type { Field, FieldType, Json, Text } from '../shared/api/types';
import { isObject, type JsonObject, withMember } from './document';
import { modeOf } from './expression';

// The mapping table: what the target declares and what the flow says, in one
// tree. Rows that the target does not declare are kept and shown like the others.

export interface Line {
  /** Names from the root; a second row of one field is "FEntity#2". */
  path: string[];
  id: string;
  depth: number;
  field: string;
  title: Text | undefined;
  type: FieldType;
  required: boolean;
  /** The target does not declare it. */
  extra: boolean;
  declared: Field | undefined;
  /** What the flow says; undefined while nothing is mapped. */
  row: JsonObject | undefined;
  value: string;
  /** The array of the source that the lines above run over, '' for the header. */
  scope: string;
  children: Line[];
}

export type Mode = 'empty' | 'field' | 'template' | 'function' | 'lookup' | 'constant' | 'loop' | 'object' | 'ignored';

const textOf = (value: Json | undefined): string => (value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value));
const rowsOf = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
const nameOf = (row: JsonObject): string => (typeof row.field === 'string' ? row.field : '');

function groupsOf(rows: readonly JsonObject[]): Map<string, JsonObject[]> {
  const groups = new Map<string, JsonObject[]>();
  for (const row of rows) {
    const name = nameOf(row);
    const mine = groups.get(name);
    if (mine === undefined) groups.set(name, [row]);
    else mine.push(row);
  }
  return groups;
}

/** The tree of declared fields and rows. Business fields only: the others are the node's params. */
export function mappingLines(rows: Json | undefined, declared: readonly Field[], above: string[] = [], scope = ''): Line[] {
  const given = rowsOf(rows);
  const named = groupsOf(given);
  const used = new Set<string>();
  const lines: Line[] = [];
  for (const field of declared) {
    const mine = used.has(field.field) ? [] : (named.get(field.field) ?? []);
    used.add(field.field);
    if (mine.length === 0) lines.push(line(field.field, field, undefined, above, scope));
    mine.forEach((row, n) => lines.push(line(n === 0 ? field.field : `${field.field}#${n + 1}`, field, row, above, scope)));
  }
  const times = new Map<string, number>();
  for (const row of given) {
    const name = nameOf(row);
    if (used.has(name)) continue;
    const n = (times.get(name) ?? 0) + 1;
    times.set(name, n);
    lines.push(line(n === 1 ? name : `${name}#${n}`, undefined, row, above, scope));
  }
  return lines;
}

function line(step: string, declared: Field | undefined, row: JsonObject | undefined, above: string[], scope: string): Line {
  const path = [...above, step];
  const children = rowsOf(row?.children);
  const type = (typeof row?.type === 'string' && row.type !== '' ? row.type : (declared?.type ?? (children.length > 0 ? 'object' : 'string'))) as FieldType;
  const value = textOf(row?.value);
  const inner = type === 'array' ? value.replace(/^\{\{\s*|\s*\}\}$/g, '').trim() || scope : scope;
  return {
    path, id: path.join('.'), depth: above.length,
    field: declared?.field ?? (row === undefined ? step : nameOf(row)),
    title: declared?.title ?? (typeof row?.title === 'string' ? { zh: row.title } : undefined),
    type, required: declared?.required === true || row?.required === true,
    extra: declared === undefined, declared, row, value, scope,
    children: type === 'array' || type === 'object' || children.length > 0 ? mappingLines(row?.children, declared?.children ?? [], path, inner) : [],
  };
}

export function lineMode(one: Line): Mode {
  if (one.type === 'array' && (one.value === '' || modeOf(one.value) === 'constant')) return one.value === '' ? (one.row === undefined ? 'empty' : 'object') : 'loop';
  if (one.type === 'object' && one.value === '') return one.children.some((child) => child.row !== undefined) ? 'object' : 'empty';
  if (isIgnored(one)) return 'ignored';
  return modeOf(one.value);
}

/** Parents before children. */
export const flatLines = (lines: readonly Line[]): Line[] => lines.flatMap((one) => [one, ...flatLines(one.children)]);

/** Whether a line gives its field a value, itself or through its children. */
export const isFilled = (one: Line): boolean => one.value !== '' || one.declared?.default !== undefined || one.children.some((child) => child.row !== undefined && isFilled(child));

/** Whether nothing below a line could be: it takes a value itself. */
export const isPlain = (one: Line): boolean => one.type !== 'array' && one.type !== 'object' && one.children.length === 0;

/** Somebody decided that a field stays empty: its row stands there without a value. */
export const isIgnored = (one: Line): boolean => one.declared !== undefined && one.value === '' && one.row !== undefined && isPlain(one);

/** Whether a field may be decided to stay empty: one that is required or has a default is filled all the same. */
export const mayIgnore = (one: Line): boolean => isPlain(one) && one.declared !== undefined && !one.required && one.declared.default === undefined;

/** Whether nobody has said yet what a line gets. */
export const isUnmapped = (one: Line): boolean => one.row === undefined || (one.value === '' && isPlain(one) && !isIgnored(one));

/** A required field that will be missing. A field below an array or object that is not sent at all is not missed. */
export function isMissing(one: Line, parentSent = true): boolean {
  return one.required && parentSent && !isFilled(one);
}

/** The ids of required fields that will be missing; below what is not sent nothing is missed. */
export function missingIds(lines: readonly Line[], sent = true, into = new Set<string>()): Set<string> {
  for (const one of lines) {
    if (isMissing(one, sent)) into.add(one.id);
    missingIds(one.children, sent && (isFilled(one) || one.required), into);
  }
  return into;
}

/** The ids of lines whose own row differs from an earlier state of the mapping; lines that went are those that stand there without a row. */
export function changedIds(lines: readonly Line[], before: readonly Line[]): Set<string> {
  const own = (one: Line | undefined) => (one?.row === undefined ? '' : JSON.stringify(Object.entries(one.row).filter(([key]) => key !== 'children').sort(([a], [b]) => (a < b ? -1 : 1))));
  const was = new Map(flatLines(before).map((one) => [one.id, own(one)]));
  return new Set(flatLines(lines).filter((one) => own(one) !== (was.get(one.id) ?? '')).map((one) => one.id));
}

/** Required fields and how many of them have a value. */
export function progress(lines: readonly Line[], sent = true): { required: number; filled: number } {
  const sum = { required: 0, filled: 0 };
  for (const one of lines) {
    if (one.required && sent) {
      sum.required++;
      if (isFilled(one)) sum.filled++;
    }
    const below = progress(one.children, sent && (isFilled(one) || one.required));
    sum.required += below.required;
    sum.filled += below.filled;
  }
  return sum;
}

/**
 * Sets members of the row at a line's path. Rows above that do not exist yet
 * come into being; a row left with nothing but its name goes, unless it is kept.
 */
export function setRow(rows: Json | undefined, path: readonly string[], declared: readonly Field[], change: { [member: string]: Json | undefined }, keep = false): Json[] {
  const list = Array.isArray(rows) ? rows : [];
  const [step = '', ...rest] = path;
  const [name = '', nth = '1'] = step.split('#');
  const field = declared.find((one) => one.field === name);
  let at = placeOf(list, name, Number(nth));
  let row: JsonObject;
  let next = list;
  if (at < 0) {
    row = { field: name, ...shapeOf(field) };
    at = insertionPlace(list, name, declared);
    next = list.toSpliced(at, 0, row);
  } else row = list[at] as JsonObject;
  if (rest.length > 0) row = withMember(row, 'children', setRow(row.children, rest, field?.children ?? [], change, keep));
  else for (const [member, value] of Object.entries(change)) row = withMember(row, member, value);
  if (Array.isArray(row.children) && row.children.length === 0) row = withMember(row, 'children', undefined);
  return isBare(row, field) && !(keep && rest.length === 0) ? next.toSpliced(at, 1) : next.with(at, row);
}

/** What a new row says of its field: that it holds others, and of one that is declared nowhere how it is written. */
function shapeOf(field: Field | undefined): JsonObject {
  if (field?.type === 'array' || field?.type === 'object') return { type: field.type };
  if (field?.told !== true) return {};
  const { type = 'string', parser, format } = field;
  return { ...(type === 'string' ? {} : { type }), ...(parser === undefined ? {} : { parser: parser as unknown as JsonObject }), ...(format === undefined ? {} : { format }) };
}

const isBare = (row: JsonObject, field: Field | undefined): boolean =>
  Object.entries(row).every(([key, value]) => key === 'field' || key === 'type' || (key === 'value' && value === '') || (field?.told === true && (key === 'parser' || key === 'format')));

function placeOf(list: readonly Json[], name: string, nth: number): number {
  let seen = 0;
  return list.findIndex((row) => isObject(row) && nameOf(row) === name && ++seen === nth);
}

/** New rows keep the order the target declares. */
function insertionPlace(list: readonly Json[], name: string, declared: readonly Field[]): number {
  const rank = (of: string) => declared.findIndex((field) => field.field === of);
  const mine = rank(name);
  if (mine < 0) return list.length;
  const after = list.findIndex((row) => isObject(row) && rank(nameOf(row)) > mine);
  return after < 0 ? list.length : after;
}

/** The code table of a row: its name, or an object that names it. */
export function tableOf(row: JsonObject | undefined): { name: string | undefined; direction: Json | undefined; onMiss: Json | undefined; onMany: Json | undefined } {
  const table = row?.table;
  const inner = isObject(table) ? table : {};
  const name = typeof table === 'string' ? table : inner.table;
  return { name: typeof name === 'string' && name !== '' ? name : undefined, direction: row?.direction ?? inner.direction, onMiss: row?.onMiss ?? inner.onMiss, onMany: row?.onMany ?? inner.onMany };
}
