import { javascript } from '@codemirror/lang-javascript';
import { json } from '@codemirror/lang-json';
import { lintGutter } from '@codemirror/lint';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { basicSetup } from 'codemirror';
import { useEffect, useRef } from 'react';
import { pageNonce } from '../lib/nonce';
import { codeTheme } from './codeTheme';
import styles from './CodeEditor.module.css';

export interface CodeEditorProps {
  value: string;
  /** Without it the text can only be read. */
  onChange?: (value: string) => void;
  language: 'json' | 'javascript';
  label: string;
  /** More of CodeMirror: completion, linting. Must stay the same object between draws. */
  extensions?: Extension;
  height?: number | string;
}

/** The editor itself. Only CodeEditor imports it, lazily. */
export default function CodeArea({ value, onChange, language, label, extensions, height = 320 }: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const changed = useRef(onChange);
  const initial = useRef(value);
  useEffect(() => {
    changed.current = onChange;
    initial.current = value;
  });
  const readOnly = onChange === undefined;

  useEffect(() => {
    if (host.current === null) return;
    const extra = new Compartment();
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: initial.current,
        extensions: [
          basicSetup,
          codeTheme(pageNonce()),
          language === 'json' ? json() : [javascript(), lintGutter()],
          EditorState.readOnly.of(readOnly),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current?.(update.state.doc.toString());
          }),
          extra.of(extensions ?? []),
        ],
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = undefined;
    };
  }, [language, label, readOnly, extensions]);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  return <div ref={host} className={styles.code} style={{ height }} />;
}
