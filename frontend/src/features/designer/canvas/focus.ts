import type { FocusEvent, MouseEvent } from 'react';
import type { Point } from '~/model/layout';
import { select } from '../actions';
import { current } from '../designer.store';

const CANVAS = '.react-flow';

/** Whether the keys go to the canvas or to something on it. */
export const canvasHasFocus = (): boolean => document.activeElement?.closest(CANVAS) != null;

export const focusCanvas = () => document.querySelector<HTMLElement>(CANVAS)?.focus({ preventScroll: true });

/** The middle of the canvas, in the window. */
export function canvasCentre(): Point {
  const box = document.querySelector(CANVAS)?.getBoundingClientRect();
  return box === undefined ? { x: 0, y: 0 } : { x: box.left + box.width / 2, y: box.top + box.height / 2 };
}

/** Where a button was pressed, in the window. Keys press it in its middle. */
export function pressedAt({ detail, clientX, clientY, currentTarget }: MouseEvent): Point {
  if (detail > 0) return { x: clientX, y: clientY };
  const box = currentTarget.getBoundingClientRect();
  return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
}

/** What Tab comes to is what the keys act on: arrows move it, Delete removes it. */
export function selectFocused({ target }: FocusEvent) {
  if (!(target instanceof Element) || !target.matches(':focus-visible')) return;
  const { id } = (target as HTMLElement | SVGElement).dataset;
  if (id === undefined) return;
  if (target.classList.contains('react-flow__node') && !current().selected.has(id)) select([id]);
  if (target.classList.contains('react-flow__edge') && !current().selectedLinks.has(id)) select([], [id]);
}
