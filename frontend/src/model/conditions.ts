import type { Json } from '../shared/api/types';
import { isObject, type JsonObject, withMember } from './document';

// Conditions are an outer list (any group may hold) of lists (all must hold).

/** The comparisons of the value language, in the order people look for them. */
export const LOGICS = ['eq', 'neq', 'in', 'notin', 'like', 'notlike', 'gt', 'egt', 'lt', 'elt', 'between', 'notbetween', 'isnull', 'notnull'] as const;
export type Logic = (typeof LOGICS)[number];

export const takesNoValue = (logic: Json | undefined): boolean => logic === 'isnull' || logic === 'notnull';

export type Group = JsonObject[];

export function readGroups(value: Json | undefined): Group[] {
  return Array.isArray(value) ? value.filter(Array.isArray).map((group) => group.filter(isObject)) : [];
}

const fresh = (): JsonObject => ({ field: '', logic: 'eq', value: '' });

export const addGroup = (groups: Group[]): Group[] => [...groups, [fresh()]];
export const addCondition = (groups: Group[], group: number): Group[] => groups.map((rows, i) => (i === group ? [...rows, fresh()] : rows));

export function setCondition(groups: Group[], group: number, row: number, member: string, value: Json | undefined): Group[] {
  return groups.map((rows, i) => (i === group ? rows.map((one, j) => (j === row ? changed(one, member, value) : one)) : rows));
}

function changed(row: JsonObject, member: string, value: Json | undefined): JsonObject {
  const next = withMember(row, member, value);
  // An operand that is not compared with must not come back unseen.
  return member === 'logic' && takesNoValue(value) ? withMember(next, 'value', undefined) : next;
}

/** Removes a condition, and its group with the last one. */
export function removeCondition(groups: Group[], group: number, row: number): Group[] {
  return groups.map((rows, i) => (i === group ? rows.filter((_, j) => j !== row) : rows)).filter((rows) => rows.length > 0);
}
