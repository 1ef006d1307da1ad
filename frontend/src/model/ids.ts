/** Makes an id of a type's name that the flow does not have yet: map, map_2, map_3. */
export function freshId(type: string, taken: ReadonlySet<string>): string {
  const cleaned = type.toLowerCase().replace(/[^a-z0-9_]+/g, '_').replace(/^[^a-z]+/, '');
  const base = cleaned === '' ? 'node' : cleaned;
  if (!taken.has(base)) return base;
  for (let n = 2; ; n++) {
    const id = `${base}_${n}`;
    if (!taken.has(id)) return id;
  }
}

/** An id of which another is made: bill_2 gives bill. */
export const stem = (id: string): string => id.replace(/_\d+$/, '');
