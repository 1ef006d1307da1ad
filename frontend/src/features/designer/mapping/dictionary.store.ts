import { create } from 'zustand';
import { type Dictionary, joined, readDictionary } from '~/model/dictionary';

// The pairs of names that somebody accepted in this browser.

const KEY = 'karez.mapping.pairs';

function read(): Dictionary {
  try {
    return readDictionary(localStorage.getItem(KEY) ?? '{}') ?? {};
  } catch {
    return {};
  }
}

export const usePairs = create<{ pairs: Dictionary }>(() => ({ pairs: read() }));

/** Keeps a dictionary in place of the one before. */
export function keepPairs(pairs: Dictionary) {
  if (pairs === usePairs.getState().pairs) return;
  usePairs.setState({ pairs });
  try {
    localStorage.setItem(KEY, JSON.stringify(pairs));
  } catch {
    // Lasts for this visit only.
  }
}

/** Adds an exported dictionary; false where the text is none. */
export function importPairs(text: string): boolean {
  const found = readDictionary(text);
  if (found !== undefined) keepPairs(joined(usePairs.getState().pairs, found));
  return found !== undefined;
}

/** Hands the dictionary out as a file. */
export function exportPairs() {
  const link = document.createElement('a');
  const url = URL.createObjectURL(new Blob([JSON.stringify(usePairs.getState().pairs, null, 2)], { type: 'application/json' }));
  link.href = url;
  link.download = 'karez-mapping-pairs.json';
  link.click();
  URL.revokeObjectURL(url);
}
