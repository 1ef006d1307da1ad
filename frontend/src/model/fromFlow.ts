import type { Field, Json } from '../shared/api/types';
import { LIKELY, type Suggestion } from './automatch';
import { pathsIn } from './expression';
import { flatLines, type Line, mappingLines } from './mapping';
import { flatten, type SampleField } from './sampleTree';

/** What a value stands for where no field of the source does. */
const nothing = (value: string): SampleField => ({ key: value, path: value, type: 'string', isNew: false, scope: '', children: [] });

/** Names that a text may read besides the document. */
const OWN = /^(params|vars|source|answer|primaryWriteback)\.|^[A-Z][A-Z0-9_]*$/;

/**
 * Proposes for empty rows what another mapping says of the same fields. What reads fields
 * that the source does not have is only listed: somebody has to look at it.
 */
export function offersFrom(lines: readonly Line[], other: Json | undefined, target: readonly Field[], fields: readonly SampleField[]): Map<string, Suggestion[]> {
  const said = new Map(flatLines(mappingLines(other, target)).map((one) => [one.id, one]));
  const known = new Map(flatten(fields).map((one) => [one.path, one]));
  const offers = new Map<string, Suggestion[]>();
  for (const line of flatLines(lines)) {
    const value = said.get(line.id)?.value ?? '';
    if (line.value !== '' || value === '' || line.type === 'object') continue;
    const paths = line.type === 'array' ? [value] : pathsIn(value);
    const has = paths.every((path) => known.has(path) || OWN.test(path));
    offers.set(line.id, [{ value, score: has || known.size === 0 ? 1 : LIKELY, source: known.get(paths[0] ?? '') ?? nothing(value) }]);
  }
  return offers;
}
