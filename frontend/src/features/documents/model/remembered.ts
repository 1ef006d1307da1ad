// The columns that a person chose last for a flow, kept in her browser.

const key = (person: string, flow: string) => `karez.columns.${person}.${flow}`;

/** What was chosen last; nothing where no flow is. */
export function remembered(person: string, flow: string | undefined): string[] {
  if (flow === undefined) return [];
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key(person, flow)) ?? '[]');
    return Array.isArray(kept) ? kept.filter((path): path is string => typeof path === 'string' && path !== '') : [];
  } catch {
    return []; // storage is forbidden or holds something else
  }
}

export function remember(person: string, flow: string, columns: readonly string[]) {
  try {
    if (columns.length === 0) localStorage.removeItem(key(person, flow));
    else localStorage.setItem(key(person, flow), JSON.stringify(columns));
  } catch {
    // The address says it for this visit.
  }
}
