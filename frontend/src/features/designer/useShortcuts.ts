import { useReactFlow } from '@xyflow/react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useDialogs } from '~/shared/ui/dialogs';
import { copied, duplicate, pasteText, redo, removeSelected, select, selectAll, undo } from './actions';
import { canvasCentre, canvasHasFocus, focusCanvas } from './canvas/focus';
import { motion, useFit } from './canvas/useFit';
import { useTidy } from './canvas/useTidy';
import { current, useDesigner } from './designer.store';
import type { Point } from '~/model/layout';

/** Keys belong to whoever is being typed in, and to an open dialog. */
function isTaken(event: Event): boolean {
  const target = event.target instanceof Element ? event.target : document.body;
  if (target.closest('input, textarea, select, [contenteditable=true], .cm-editor, [role=dialog], [role=menu], [role=listbox]') !== null) return true;
  const { picking, dialog } = current();
  return picking !== undefined || dialog !== undefined || document.querySelector('.ant-modal-wrap:not([style*="display: none"])') !== null;
}

interface Doing {
  onOpen: (id: string) => void;
  onRun: () => void;
  onRename: (id: string) => void;
}

/** The keyboard map of the canvas. Listens on the document: after a click on the canvas nothing has the focus. */
export function useShortcuts(active: boolean, doing: Doing) {
  const { t } = useTranslation('designer');
  const { toast } = useDialogs();
  const { zoomTo, zoomIn, zoomOut, screenToFlowPosition } = useReactFlow();
  const fit = useFit();
  const tidy = useTidy();
  const pointer = useRef<Point>(undefined);
  const latest = useRef(doing);
  useEffect(() => {
    latest.current = doing;
  });

  useEffect(() => {
    if (!active) return;
    const only = () => [...current().selected][0];
    const place = () => pointer.current ?? canvasCentre();
    const pick = () => useDesigner.setState({ picking: { for: { kind: 'free', at: screenToFlowPosition(place()) }, screen: place() } });
    const plain: Record<string, () => void> = {
      Delete: () => removeSelected(true), Backspace: () => removeSelected(true), '?': () => useDesigner.setState({ dialog: 'shortcuts' }),
      '0': () => void zoomTo(1, { duration: motion(150) }), '1': fit, '+': () => void zoomIn(), '=': () => void zoomIn(), '-': () => void zoomOut(),
      Escape: () => select([]),
    };
    const withControl: Record<string, () => void> = {
      z: undo, y: redo, a: selectAll, d: duplicate, Enter: () => latest.current.onRun(), Delete: () => removeSelected(false), Backspace: () => removeSelected(false),
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.isComposing || isTaken(event)) return;
      const control = event.ctrlKey || event.metaKey;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const onNode = event.target instanceof Element ? event.target.closest<HTMLElement>('.react-flow__node')?.dataset.id : undefined;
      const id = onNode ?? only();
      const onCanvas = canvasHasFocus();
      let act: (() => void) | undefined;
      if (control && event.shiftKey && key === 'z') act = redo;
      else if (control) act = withControl[key];
      else if (event.altKey) act = event.shiftKey && event.code === 'KeyT' ? () => void tidy() : undefined;
      else if (key === '/') act = onCanvas ? pick : undefined;
      else if (key === 'Enter') act = id !== undefined && event.target instanceof Element && event.target.closest('button, a') === null ? () => latest.current.onOpen(id) : undefined;
      else if (key === 'F2') act = id === undefined ? undefined : () => latest.current.onRename(id);
      else act = plain[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act();
      // What had the focus may be gone: the keys stay with the canvas.
      if (onCanvas) requestAnimationFrame(() => document.activeElement === document.body && focusCanvas());
    };
    const onCopy = (event: ClipboardEvent) => {
      if (isTaken(event) || (globalThis.getSelection()?.toString() ?? '') !== '') return;
      const text = copied();
      if (text === undefined) return;
      event.preventDefault();
      event.clipboardData?.setData('text/plain', text);
      if (event.type === 'cut') removeSelected(true);
      toast(t('clipboard.copied', { n: (JSON.parse(text) as { nodes: unknown[] }).nodes.length }), 'note');
    };
    const onPaste = (event: ClipboardEvent) => {
      if (isTaken(event)) return;
      const text = event.clipboardData?.getData('text/plain') ?? '';
      if (pasteText(text, screenToFlowPosition(place()))) event.preventDefault();
      else if (text !== '') toast(t('clipboard.nothing'), 'note');
    };
    const onMove = (event: PointerEvent) => {
      if (event.target instanceof Element && event.target.closest('.react-flow') !== null) pointer.current = { x: event.clientX, y: event.clientY };
    };
    document.addEventListener('keydown', onKey);
    document.addEventListener('copy', onCopy);
    document.addEventListener('cut', onCopy);
    document.addEventListener('paste', onPaste);
    document.addEventListener('pointermove', onMove);
    return () => {
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('copy', onCopy);
      document.removeEventListener('cut', onCopy);
      document.removeEventListener('paste', onPaste);
      document.removeEventListener('pointermove', onMove);
    };
  }, [active, fit, zoomTo, zoomIn, zoomOut, screenToFlowPosition, tidy, toast, t]);
}
