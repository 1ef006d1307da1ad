import type { Field, Json, SampleResult } from '../shared/api/types';
import { type FlowDocument, type FlowNode, isObject, nodeOf, setSetting, settingsOf } from './document';

// A source's own list of the fields of its answers: rows of paths, "items.sku".

export type Discovered = NonNullable<SampleResult['discovered']>;

const rowsOf = (node: FlowNode | undefined): Json[] => {
  const rows = settingsOf(node).fields;
  return Array.isArray(rows) ? rows : [];
};

const nameOf = (row: Json): string => (isObject(row) && typeof row.field === 'string' ? row.field : '');

/** Adds what a sample discovered behind the fields that a node knows; those stay as they are. */
export function addDiscovered(doc: FlowDocument, id: string, discovered: Discovered): FlowDocument {
  const node = nodeOf(doc, id);
  const rows = rowsOf(node);
  const known = new Set(rows.map(nameOf));
  const fresh = discovered.filter((one) => !known.has(one.field));
  if (node === undefined || fresh.length === 0) return doc;
  return setSetting(doc, id, 'fields', [...rows, ...(fresh as unknown as Json[])]);
}

/** The fields that a node knows as a tree, lines below their list. */
export function knownFields(node: FlowNode | undefined): Field[] {
  const roots: Field[] = [];
  const placed = new Map<string, Field>();
  for (const row of rowsOf(node)) {
    const path = nameOf(row);
    if (path === '' || !isObject(row) || placed.has(path)) continue;
    let cut = path.lastIndexOf('.');
    while (cut > 0 && !placed.has(path.slice(0, cut))) cut = path.lastIndexOf('.', cut - 1);
    const parent = cut > 0 ? placed.get(path.slice(0, cut)) : undefined;
    const text = (value: Json | undefined) => (typeof value === 'string' ? value : '');
    const field: Field = { field: parent === undefined ? path : path.slice(cut + 1), title: { zh: text(row.title) }, type: text(row.type) || 'string' };
    placed.set(path, field);
    if (parent === undefined) roots.push(field);
    else parent.children = [...(parent.children ?? []), field];
  }
  return roots;
}

/** Fields that are declared twice are one; the first says what it means. */
export function withFields(declared: readonly Field[], more: readonly Field[]): Field[] {
  const seen = new Map(declared.map((field) => [field.field, field]));
  for (const field of more) {
    const before = seen.get(field.field);
    if (before === undefined) seen.set(field.field, field);
    else if (field.children !== undefined) seen.set(field.field, { ...before, children: withFields(before.children ?? [], field.children) });
  }
  return [...seen.values()];
}
