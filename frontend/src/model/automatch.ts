import type { FieldType } from '../shared/api/types';
import { placeholder } from './expression';
import { flatLines, type Line } from './mapping';
import type { SampleField } from './sampleTree';
import { flatten } from './sampleTree';

/** At or above this a pair is proposed; below it is only listed. */
export const SURE = 0.8;
export const LIKELY = 0.5;

export interface Suggestion {
  value: string;
  source: SampleField;
  score: number;
}

/** Names that mean the same in the systems people connect, one set a line. */
const SYNONYMS = [
  'materialid itemid skuid specno skucode itemcode materialnumber goodsno', 'qty quantity num realqty rqty count', 'remark note headnote memo buyermessage description',
  'date confirmdate billdate created orderdate', 'billno oid orderno number soid asid outerasid', 'customerid custid retcustid shopid storecode',
  'price taxprice unitprice shopprice', 'amount total money payamount', 'stockid warehouseid wmscoid whid', 'orgid companyid coid',
  'linkman receivername contact', 'linkphone receivermobile phone mobile', 'receiveaddress receiveraddress address', 'entity items lines details goodslist',
].map((line) => new Set(line.split(' ')));

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

const group = (type: FieldType): string => (type === 'array' ? 'list' : type === 'object' ? 'object' : type === 'date' || type === 'datetime' ? 'time' : 'plain');

/** How well a field of the source fits a field of the target: 0 to 1. */
export function scoreOf(source: SampleField, target: Line): number {
  if ((group(source.type) === 'list') !== (group(target.type) === 'list')) return 0;
  const a = normalKey(source.key);
  const b = normalKey(target.field);
  const [sourceTitle, targetTitle] = [source.title?.zh ?? '', target.title?.zh ?? ''];
  let score = 0;
  if (source.key === target.field) score = 1;
  else if (a === b && a !== '') score = 0.9;
  else if (sourceTitle !== '' && sourceTitle === targetTitle) score = 0.85;
  else if (SYNONYMS.some((set) => set.has(a) && set.has(b))) score = 0.8;
  else score = 0.7 * Math.max(likeness(a, b), sourceTitle === '' || targetTitle === '' ? 0 : likeness(sourceTitle, targetTitle));
  const clash = group(source.type) !== group(target.type) && (group(source.type) === 'object' || group(target.type) === 'object');
  const timeClash = group(target.type) === 'time' && group(source.type) === 'plain' && source.type !== 'string' && source.type !== 'int';
  return Math.max(0, score - (clash || timeClash ? 0.3 : 0));
}

/**
 * Proposes values for lines that have none. A line of the target takes fields of
 * the array its parent runs over, or of the header only where its parent does:
 * a header's total must never land on every line.
 */
export function suggest(lines: readonly Line[], source: readonly SampleField[]): Map<string, Suggestion[]> {
  const fields = flatten(source);
  const found = new Map<string, Suggestion[]>();
  const inScope = (scope: string) => fields.filter((field) => field.scope === scope);
  const walk = (list: readonly Line[], scope: string) => {
    for (const one of list) {
      let inner = one.type === 'array' && one.value !== '' ? one.value.replace(/[{}\s]/g, '') : scope;
      if (one.value === '' && one.type !== 'object') {
        const best = inScope(scope)
          .map((field) => ({ source: field, score: scoreOf(field, one), value: one.type === 'array' ? field.path : placeholder(field.path) }))
          .filter((suggestion) => suggestion.score >= LIKELY)
          .sort((a, b) => b.score - a.score)
          .slice(0, 5);
        if (best.length > 0) found.set(one.id, best);
        if (one.type === 'array' && best[0] !== undefined) inner = best[0].source.path;
      }
      walk(one.children, inner);
    }
  };
  walk(lines, '');
  return found;
}

/** The proposals good enough to take all at once. */
export const sure = (found: ReadonlyMap<string, Suggestion[]>): [string, Suggestion][] =>
  [...found].flatMap(([id, [best]]) => (best !== undefined && best.score >= SURE ? [[id, best] as [string, Suggestion]] : []));

/** Lines by id, for taking proposals. */
export const byId = (lines: readonly Line[]): Map<string, Line> => new Map(flatLines(lines).map((one) => [one.id, one]));
