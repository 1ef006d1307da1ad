import { json } from '@codemirror/lang-json';
import { MergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { minimalSetup } from 'codemirror';
import { useEffect, useRef, useState } from 'react';
import { pageNonce } from '../lib/nonce';
import { codeTheme } from './codeTheme';
import styles from './CodeEditor.module.css';

export interface JsonDiffProps {
  before: string;
  after: string;
  labels: [string, string];
  /** Makes the right side editable. */
  onChange?: (after: string) => void;
  height?: number | string;
}

/** The diff itself. Only JsonDiff imports it, lazily. */
export default function DiffArea({ before, after, labels, onChange, height = 420 }: JsonDiffProps) {
  const host = useRef<HTMLDivElement>(null);
  const changed = useRef(onChange);
  const [start] = useState(after);
  useEffect(() => {
    changed.current = onChange;
  });
  const editable = onChange !== undefined;
  const [left, right] = labels;
  // An editable right side belongs to the editor once it is there.
  const fixed = editable ? start : after;

  useEffect(() => {
    if (host.current === null) return;
    const common = [minimalSetup, codeTheme(pageNonce()), json(), EditorView.lineWrapping];
    const merge = new MergeView({
      parent: host.current,
      a: { doc: before, extensions: [common, EditorState.readOnly.of(true), EditorView.contentAttributes.of({ 'aria-label': left, tabindex: '0' })] },
      b: {
        doc: fixed,
        extensions: [
          common,
          EditorState.readOnly.of(!editable),
          EditorView.contentAttributes.of({ 'aria-label': right, tabindex: '0' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current?.(update.state.doc.toString());
          }),
        ],
      },
      collapseUnchanged: editable ? undefined : { margin: 3, minSize: 6 },
      gutter: true,
    });
    return () => merge.destroy();
  }, [before, fixed, editable, left, right]);

  return <div ref={host} className={styles.diff} style={{ height }} />;
}
