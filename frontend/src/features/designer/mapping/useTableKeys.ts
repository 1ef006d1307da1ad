import type { KeyboardEvent, RefObject } from 'react';
import type { Line } from '~/model/mapping';

interface Doing {
  box: RefObject<HTMLDivElement | null>;
  visible: readonly Line[];
  places: ReadonlyMap<string, number>;
  scrollTo: (index: number) => void;
  isFolded: (id: string) => boolean;
  toggle: (id: string) => void;
  choose: (line: Line, range: boolean) => void;
  onChoose: (chosen: ReadonlySet<string>) => void;
  onEdit: (line: Line) => void;
  onClear: (line: Line) => void;
  onTake: (line: Line) => void;
}

const ROW = '[role="row"]';
const VALUE = 'textarea';

/**
 * The keys of the table. On a row: arrows walk, fold and unfold, Enter edits, Space
 * chooses, Delete clears. In a value: arrows and Enter go to the next one, Escape
 * back to the row. On both: F2 opens the row's editor, Alt+Up goes to the parent,
 * Alt+Enter takes what is proposed.
 */
export function useTableKeys(doing: Doing): (event: KeyboardEvent) => void {
  const { visible, places } = doing;
  const focus = (index: number, part: string) => {
    if (visible[index] === undefined) return;
    doing.scrollTo(index);
    const put = () => doing.box.current?.querySelector<HTMLElement>(`[data-index="${index}"] ${part}`);
    const there = put();
    if (there !== null && there !== undefined) there.focus();
    else requestAnimationFrame(() => put()?.focus());
  };
  /** The next row in a direction that takes a value itself. */
  const valueFrom = (index: number, step: number): number => {
    let i = index + step;
    while (visible[i]?.type === 'object') i += step;
    return i;
  };

  const onBoth = (event: KeyboardEvent, line: Line, part: string): (() => void) | undefined => {
    if (event.key === 'F2') return () => doing.onEdit(line);
    if (event.altKey && event.key === 'Enter') return () => doing.onTake(line);
    if (event.altKey && event.key === 'ArrowUp') {
      const parent = places.get(line.path.slice(0, -1).join('.'));
      return () => parent !== undefined && focus(parent, visible[parent]?.type === 'object' ? ROW : part);
    }
    return undefined;
  };
  const inValue = (event: KeyboardEvent, index: number): (() => void) | undefined => {
    const step = event.key === 'ArrowDown' || event.key === 'Enter' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) return () => focus(valueFrom(index, step), VALUE);
    return event.key === 'Escape' ? () => focus(index, ROW) : undefined;
  };
  const onRow = (event: KeyboardEvent, line: Line, index: number): (() => void) | undefined => {
    const folder = line.children.length > 0;
    const parent = places.get(line.path.slice(0, -1).join('.'));
    switch (event.key) {
      case 'ArrowDown': return () => focus(index + 1, ROW);
      case 'ArrowUp': return () => focus(index - 1, ROW);
      case 'Home': return () => focus(0, ROW);
      case 'End': return () => focus(visible.length - 1, ROW);
      case 'ArrowRight': return () => folder && (doing.isFolded(line.id) ? doing.toggle(line.id) : focus(index + 1, ROW));
      case 'ArrowLeft': return () => (folder && !doing.isFolded(line.id) ? doing.toggle(line.id) : parent !== undefined && focus(parent, ROW));
      case 'Enter': return () => focus(index, VALUE);
      case ' ': return () => doing.choose(line, event.shiftKey);
      case 'Delete': return () => doing.onClear(line);
      default: return undefined;
    }
  };

  return (event) => {
    if (event.defaultPrevented || event.nativeEvent.isComposing) return;
    const { target } = event;
    const place = target instanceof HTMLElement ? target.closest<HTMLElement>('[data-index]') : null;
    const index = Number(place?.dataset.index);
    const line = visible[index];
    if (!(target instanceof HTMLElement) || place === null || line === undefined) return;
    const typing = target instanceof HTMLTextAreaElement;
    const row = target.getAttribute('role') === 'row';
    if (!typing && !row) return;
    const control = event.ctrlKey || event.metaKey;
    let act = control ? undefined : onBoth(event, line, typing ? VALUE : ROW);
    if (act === undefined && !control && !event.altKey) act = typing ? inValue(event, index) : onRow(event, line, index);
    if (row && control && event.key.toLowerCase() === 'a') act = () => doing.onChoose(new Set(visible.map((one) => one.id)));
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
}
