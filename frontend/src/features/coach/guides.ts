import type { Guide } from '~/shared/lib/guides.store';

/**
 * What each guide points at, in its order: parts of the page that carry the name in
 * data-coach. A part that is not on the screen is left out.
 */
export const STEPS: Record<Guide, readonly string[]> = {
  designer: ['designer-palette', 'designer-canvas', 'designer-problems', 'designer-dry', 'designer-publish'],
  mapping: ['mapping-source', 'mapping-table', 'mapping-tools', 'mapping-output'],
  ledger: ['ledger-filter', 'ledger-groups', 'ledger-grid', 'ledger-tools'],
};

/** What must be on the screen before a guide begins by itself: without it there is nothing to show. */
export const NEEDED: Record<Guide, string> = { designer: 'designer-canvas', mapping: 'mapping-table', ledger: 'ledger-grid' };

export const partOf = (name: string): HTMLElement | null => document.querySelector<HTMLElement>(`[data-coach="${name}"]`);

/** Something that must be answered first: a guide waits for it to close. */
export const isBusy = (): boolean => document.querySelector('dialog[open], .ant-modal-wrap:not([style*="display: none"]), .ant-drawer-open') !== null;

export const shownParts = (guide: Guide): string[] => STEPS[guide].filter((name) => {
  const box = partOf(name)?.getBoundingClientRect();
  return box !== undefined && box.width > 0 && box.height > 0;
});

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

const GAP = 12;
const EDGE = 8;

/** Where a card stands beside a part: below, above, right, left, else inside its lower corner; always in the window. */
export function beside(part: Box, card: { width: number; height: number }, pane: { width: number; height: number }): { left: number; top: number } {
  const within = (value: number, size: number, all: number) => Math.max(EDGE, Math.min(value, all - size - EDGE));
  const x = within(part.left, card.width, pane.width);
  const y = within(part.top, card.height, pane.height);
  if (part.top + part.height + GAP + card.height + EDGE <= pane.height) return { left: x, top: part.top + part.height + GAP };
  if (part.top - GAP - card.height >= EDGE) return { left: x, top: part.top - GAP - card.height };
  if (part.left + part.width + GAP + card.width + EDGE <= pane.width) return { left: part.left + part.width + GAP, top: y };
  if (part.left - GAP - card.width >= EDGE) return { left: part.left - GAP - card.width, top: y };
  return { left: within(part.left + part.width - card.width - GAP, card.width, pane.width), top: within(part.top + part.height - card.height - GAP, card.height, pane.height) };
}
