import type { Json } from '../shared/api/types';

// Numbers of vendors may be longer than a float can hold: an id of 20 digits, an
// amount "1.10". A browser that can keep the source text of a number does so, and
// what was read is written back digit by digit.

interface RawJson {
  rawJSON: string;
}
interface LosslessJson {
  rawJSON?: (text: string) => RawJson;
  isRawJSON?: (value: unknown) => value is RawJson;
}

const native = JSON as unknown as LosslessJson;

/** Parses JSON without rounding numbers, as far as the browser can. */
export function parseLossless(text: string): Json {
  const raw = native.rawJSON;
  if (raw === undefined) return JSON.parse(text) as Json;
  const keep = (_: string, value: unknown, context?: { source?: string }) => {
    if (typeof value !== 'number' || context?.source === undefined || String(value) === context.source) return value;
    return raw(context.source);
  };
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown) as Json;
}

/** The digits of a number that would have been rounded; undefined for everything else. */
export function rawNumber(value: unknown): string | undefined {
  return native.isRawJSON?.(value) === true ? value.rawJSON : undefined;
}

/** Formats JSON for people, numbers as they were written. */
export const formatJson = (value: Json | undefined): string => (value === undefined ? '' : JSON.stringify(value, null, 2));
