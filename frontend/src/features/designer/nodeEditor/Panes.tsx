import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import styles from './NodeEditor.module.css';

const NARROW = 200;
const KEY_STEP = 24;

interface Widths {
  left: number;
  right: number;
}

const KEY = 'karez.designer.panes';

function read(): Widths | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Partial<Widths> | null;
    return typeof kept?.left === 'number' && typeof kept.right === 'number' ? { left: kept.left, right: kept.right } : undefined;
  } catch {
    return undefined;
  }
}

/** The widths of the outer panes, as the person left them. A mapping table wants more room in the middle. */
export function usePaneWidths(wideMiddle: boolean) {
  const [widths, setWidths] = useState<Widths>(() => {
    const all = globalThis.innerWidth;
    const share = wideMiddle ? 0.2 : 0.28;
    const fresh = { left: Math.max(260, all * share), right: Math.max(280, all * share) };
    const kept = read();
    return kept === undefined || wideMiddle ? fresh : { left: Math.min(kept.left, all * 0.4), right: Math.min(kept.right, all * 0.4) };
  });
  const drag = (side: keyof Widths, by: number) =>
    setWidths((was) => {
      const next = { ...was, [side]: Math.max(NARROW, Math.min(globalThis.innerWidth * 0.45, was[side] + by)) };
      try {
        localStorage.setItem(KEY, JSON.stringify(next));
      } catch {
        // Lasts for this visit only.
      }
      return next;
    });
  return { widths, drag };
}

/** The line between two panes: dragged, or moved with the arrow keys. */
export function Divider({ label, value, onDrag }: { label: string; value: number; onDrag: (by: number) => void }) {
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) onDrag(event.movementX);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -KEY_STEP, ArrowRight: KEY_STEP }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    onDrag(step);
  };
  return <div className={styles.divider} role="separator" aria-orientation="vertical" aria-label={label} aria-valuenow={Math.round(value)} aria-valuemin={NARROW} tabIndex={0} onPointerDown={onPointerDown} onPointerMove={onPointerMove} onKeyDown={onKeyDown} />;
}
