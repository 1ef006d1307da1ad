import type { Json } from '../shared/api/types';
import { type FlowDocument, isObject, type JsonObject, withMember, withSpec } from './document';

// What a flow has besides its nodes: settings, triggers, parameters and the other
// flows it uses. Entries that this code does not know stay in their places.

export type TriggerKind = 'schedule' | 'after' | 'manual';

/** The types a parameter may have; without one it is a text. */
export const PARAM_TYPES = ['string', 'int', 'decimal', 'bool', 'date', 'datetime'] as const;
export const PRIORITIES = ['high', 'normal', 'low'] as const;
/** What holds while a flow says nothing. */
export const DEFAULTS = { timezone: 'Asia/Shanghai', priority: 'normal', concurrency: 4 } as const;
const NEW_SCHEDULE = '*/10 * * * *';

type ListName = 'triggers' | 'params';

export const flowSettings = (doc: FlowDocument): JsonObject => (isObject(doc.spec.settings) ? doc.spec.settings : {});

/** The zone in which schedules and formatted times count. */
export function timezoneOf(doc: FlowDocument): string {
  const { timezone } = flowSettings(doc);
  return typeof timezone === 'string' && timezone !== '' ? timezone : DEFAULTS.timezone;
}

export function setFlowSetting(doc: FlowDocument, key: string, value: Json | undefined): FlowDocument {
  const settings = flowSettings(doc);
  return settings[key] === value ? doc : withSpec(doc, { settings: withMember(settings, key, value) });
}

/** All entries of a list, also those that are no objects: their places are what problems name. */
const listOf = (doc: FlowDocument, name: ListName): Json[] => {
  const list = doc.spec[name];
  return Array.isArray(list) ? list : [];
};

export const triggersOf = (doc: FlowDocument): Json[] => listOf(doc, 'triggers');
export const paramsOf = (doc: FlowDocument): Json[] => listOf(doc, 'params');

const withList = (doc: FlowDocument, name: ListName, list: Json[]): FlowDocument => withSpec(doc, { [name]: list.length === 0 ? undefined : list });

/** Which of the three a trigger is; undefined for what a later version may know. */
export function triggerKind(trigger: Json | undefined): TriggerKind | undefined {
  if (!isObject(trigger)) return undefined;
  if (typeof trigger.schedule === 'string') return 'schedule';
  if (Array.isArray(trigger.after)) return 'after';
  return trigger.manual === true ? 'manual' : undefined;
}

const FRESH: Record<TriggerKind, JsonObject> = { schedule: { schedule: NEW_SCHEDULE }, after: { after: [] }, manual: { manual: true } };

export const addTrigger = (doc: FlowDocument, kind: TriggerKind): FlowDocument => withList(doc, 'triggers', [...triggersOf(doc), { ...FRESH[kind] }]);

export const setSchedule = (doc: FlowDocument, index: number, schedule: string): FlowDocument => changed(doc, 'triggers', index, 'schedule', schedule);

/** Changes one member of an entry; the others, known or not, stay. */
function changed(doc: FlowDocument, name: ListName, index: number, key: string, value: Json | undefined): FlowDocument {
  const list = listOf(doc, name);
  const entry = list[index];
  if (!isObject(entry) || entry[key] === value) return doc;
  return withList(doc, name, list.with(index, withMember(entry, key, value)));
}

export function removeTrigger(doc: FlowDocument, index: number): FlowDocument {
  const trigger = triggersOf(doc)[index];
  const left = withList(doc, 'triggers', triggersOf(doc).toSpliced(index, 1));
  return isObject(trigger) ? withoutIdle(left, aliasesIn(trigger)) : left;
}

/** Another flow, as far as a reference to it needs. */
export interface OtherFlow {
  id: string;
  name: string;
  title: string;
}

const usesOf = (doc: FlowDocument): JsonObject => (isObject(doc.spec.uses) ? doc.spec.uses : {});
const aliasesIn = (trigger: JsonObject): string[] => (Array.isArray(trigger.after) ? trigger.after.filter((alias) => typeof alias === 'string') : []);

/** The aliases that stand for a flow, as the server takes them. */
export const boundAliases = (doc: FlowDocument): Record<string, { flow: string }> =>
  Object.fromEntries(Object.keys(usesOf(doc)).map((alias) => [alias, { flow: flowOfAlias(doc, alias) }] as const).filter(([, { flow }]) => flow !== ''));

/** The id of the flow an alias stands for, '' while it is open or unknown. */
export function flowOfAlias(doc: FlowDocument, alias: string): string {
  const use = usesOf(doc)[alias];
  return isObject(use) && typeof use.flow === 'string' ? use.flow : '';
}

/** What a trigger waits for: aliases, and the flows they stand for. */
export function waitsFor(doc: FlowDocument, trigger: Json | undefined): { alias: string; flow: string }[] {
  return isObject(trigger) ? aliasesIn(trigger).map((alias) => ({ alias, flow: flowOfAlias(doc, alias) })) : [];
}

/**
 * Sets the flows a trigger waits for, by id or, where an alias is bound to no flow,
 * by the alias. A flow that has no alias yet gets one; an alias nobody mentions any
 * more goes.
 */
export function setAfter(doc: FlowDocument, index: number, chosen: readonly string[], known: readonly OtherFlow[]): FlowDocument {
  const trigger = triggersOf(doc)[index];
  if (!isObject(trigger)) return doc;
  const before = aliasesIn(trigger);
  let named = doc;
  const after = chosen.map((one) => {
    if (before.includes(one) && flowOfAlias(doc, one) === '') return one;
    const use = withAlias(named, one, known);
    named = use.doc;
    return use.alias;
  });
  const next = changed(named, 'triggers', index, 'after', after);
  return withoutIdle(next, before.filter((alias) => !after.includes(alias)));
}

/** The alias of another flow, and the document with it: a flow that has none yet gets one. */
export function withAlias(doc: FlowDocument, flow: string, known: readonly OtherFlow[]): { doc: FlowDocument; alias: string } {
  const uses = usesOf(doc);
  const there = Object.keys(uses).find((alias) => isObject(uses[alias]) && uses[alias].flow === flow);
  if (there !== undefined) return { doc, alias: there };
  const other = known.find((one) => one.id === flow);
  const alias = freshAlias(other?.name ?? '', uses);
  return { doc: withSpec(doc, { uses: { ...uses, [alias]: { flow, ...(other === undefined ? {} : { title: other.title }) } } }), alias };
}

/** An alias is made of letters, digits and _, a letter first. */
function freshAlias(name: string, uses: JsonObject): string {
  const cleaned = name.replace(/[^A-Za-z0-9]+/g, '_').replace(/^[^A-Za-z]+|_+$/g, '').slice(0, 40);
  const base = cleaned === '' ? 'flow' : cleaned;
  if (!(base in uses)) return base;
  for (let n = 2; ; n++) if (!(`${base}_${n}` in uses)) return `${base}_${n}`;
}

/** Forgets aliases that nothing in the flow mentions; texts may name them too. */
function withoutIdle(doc: FlowDocument, aliases: readonly string[]): FlowDocument {
  const rest = JSON.stringify([triggersOf(doc), doc.spec.nodes]);
  const idle = aliases.filter((alias) => !rest.includes(alias));
  const uses = Object.fromEntries(Object.entries(usesOf(doc)).filter(([alias]) => !idle.includes(alias)));
  return withSpec(doc, { uses: Object.keys(uses).length === 0 ? undefined : uses });
}

export const addParam = (doc: FlowDocument): FlowDocument => withList(doc, 'params', [...paramsOf(doc), { key: '', type: 'string' }]);
export const removeParam = (doc: FlowDocument, index: number): FlowDocument => withList(doc, 'params', paramsOf(doc).toSpliced(index, 1));

/** Sets a member of a parameter; an empty title or default is none. */
export function setParam(doc: FlowDocument, index: number, key: string, value: Json | undefined): FlowDocument {
  const kept = value === '' && key !== 'key' ? undefined : value;
  const next = changed(doc, 'params', index, key, kept);
  // A default of another type would be wrong at once.
  return key === 'type' && next !== doc && (kept === 'bool' || typeof defaultOf(doc, index) === 'boolean') ? changed(next, 'params', index, 'default', undefined) : next;
}

const defaultOf = (doc: FlowDocument, index: number): Json | undefined => {
  const param = paramsOf(doc)[index];
  return isObject(param) ? param.default : undefined;
};
