import { create } from 'zustand';
import type { Language } from '../api/types';

export type ThemeChoice = 'light' | 'dark' | 'system';

const KEY = 'karez.preferences';

interface Preferences {
  /** Empty until the person chose one; then the browser's language counts. */
  language: Language | '';
  theme: ThemeChoice;
  railOpen: boolean;
  /** The checklist for a new instance was put away. */
  stepsHidden: boolean;
}

function read(): Preferences {
  const found: Preferences = { language: '', theme: 'system', railOpen: true, stepsHidden: false };
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>;
    if (kept.language === 'zh-CN' || kept.language === 'en') found.language = kept.language;
    if (kept.theme === 'light' || kept.theme === 'dark') found.theme = kept.theme;
    if (typeof kept.railOpen === 'boolean') found.railOpen = kept.railOpen;
    if (typeof kept.stepsHidden === 'boolean') found.stepsHidden = kept.stepsHidden;
  } catch {
    // Storage is forbidden or holds something else: the defaults do.
  }
  return found;
}

export const usePreferences = create<Preferences>(read);

/** Changes what is given and keeps it for the next visit. */
export function setPreferences(change: Partial<Preferences>) {
  usePreferences.setState(change);
  try {
    localStorage.setItem(KEY, JSON.stringify(usePreferences.getState()));
  } catch {
    // Lasts for this visit only.
  }
}

/** The language the page opens in: the chosen one, else Chinese unless the browser prefers English. */
export function firstLanguage(chosen: Language | '', preferred: readonly string[] = navigator.languages): Language {
  if (chosen !== '') return chosen;
  const hit = preferred.find((tag) => /^(zh|en)\b/i.test(tag));
  return hit?.toLowerCase().startsWith('en') ? 'en' : 'zh-CN';
}
