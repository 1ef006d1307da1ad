import { type DragEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { insertPath, modeOf, type Open, openAt } from '~/model/expression';
import { Completion, useOptions } from './Completion';
import styles from './ExpressionInput.module.css';
import { PATH_MIME, setInsertTarget } from './insertTarget';
import { usePreview } from './usePreview';

export interface ExpressionInputProps {
  value: string;
  onChange: (value: string) => void;
  id?: string;
  label?: string;
  describedBy?: string | undefined;
  invalid?: boolean;
  disabled?: boolean;
  placeholder?: string | undefined;
  /** The array whose line the text is evaluated on, '' for the document. */
  scope?: string;
  /** The text names a source array, without braces. */
  names?: 'array' | 'path';
  /** One line in a table: the preview shows only while it is edited. */
  compact?: boolean;
}

/** Keys that only move the cursor, maybe into a placeholder. */
const WALKS = new Set(['ArrowLeft', 'ArrowRight', 'Home', 'End']);

/** A text of the value language: completion after two braces, fields by drag, the result below. */
export function ExpressionInput({ value, onChange, id, label, describedBy, invalid = false, disabled = false, placeholder, scope = '', names, compact = false }: ExpressionInputProps) {
  const { t } = useTranslation('designer');
  const listId = useId();
  const box = useRef<HTMLTextAreaElement>(null);
  const [open, setOpen] = useState<Open>();
  const [active, setActive] = useState(0);
  const [focused, setFocused] = useState(false);
  const [over, setOver] = useState(false);
  const options = useOptions(open?.query, scope, names);
  const mode = modeOf(value);
  const preview = usePreview(value, scope, focused || !compact, names === undefined && mode !== 'empty' && mode !== 'constant');

  const put = (path: string) => {
    const at = box.current?.selectionStart ?? value.length;
    const next = names === undefined ? insertPath(value, at, path) : { text: path, cursor: path.length };
    onChange(next.text);
    setOpen(undefined);
    box.current?.focus();
    requestAnimationFrame(() => box.current?.setSelectionRange(next.cursor, next.cursor));
  };
  const latest = useRef(put);
  useEffect(() => {
    latest.current = put;
  });
  const look = (text: string, cursor: number) => {
    setActive(0);
    setOpen(names === undefined ? openAt(text, cursor) : { start: 0, query: text });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (open !== undefined && options.length > 0) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step !== undefined) {
        event.preventDefault();
        event.stopPropagation();
        setActive((active + step + options.length) % options.length);
        return;
      }
      const chosen = options[active];
      if (event.key === 'Enter' && chosen !== undefined && (names === undefined || chosen.path !== value)) {
        event.preventDefault();
        event.stopPropagation();
        put(chosen.path);
        return;
      }
    }
    if (event.key === 'Escape' && open !== undefined) {
      event.stopPropagation();
      setOpen(undefined);
    }
    // One line stays one line; a function may be written over several.
    if (event.key === 'Enter' && !event.shiftKey && (compact || mode !== 'function')) event.preventDefault();
  };
  const onDrop = (event: DragEvent) => {
    setOver(false);
    const path = event.dataTransfer.getData(PATH_MIME);
    if (path === '' || disabled) return;
    event.preventDefault();
    put(path);
  };

  return (
    <div className={styles.box} data-compact={compact}>
      <textarea
        ref={box}
        id={id}
        rows={compact ? 1 : Math.min(8, value.split('\n').length)}
        className={styles.input}
        data-mode={mode}
        data-invalid={invalid}
        data-over={over}
        value={value}
        disabled={disabled}
        placeholder={placeholder}
        spellCheck={false}
        role="combobox"
        aria-expanded={open !== undefined && options.length > 0}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={open !== undefined && options[active] !== undefined ? `${listId}-${active}` : undefined}
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={invalid}
        onChange={(event) => {
          onChange(event.target.value);
          look(event.target.value, event.target.selectionStart);
        }}
        onClick={(event) => names === undefined && setOpen(openAt(event.currentTarget.value, event.currentTarget.selectionStart))}
        onKeyUp={(event) => {
          if (names === undefined && WALKS.has(event.key)) setOpen(openAt(event.currentTarget.value, event.currentTarget.selectionStart));
        }}
        onFocus={() => {
          setFocused(true);
          setInsertTarget((path) => latest.current(path));
          if (names !== undefined) look(value, value.length);
        }}
        onBlur={() => {
          setFocused(false);
          setOpen(undefined);
        }}
        onKeyDown={onKeyDown}
        onDragOver={(event) => {
          if (!event.dataTransfer.types.includes(PATH_MIME)) return;
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={onDrop}
      />
      {open !== undefined && focused && options.length > 0 && <Completion anchor={box} id={listId} options={options} active={active} onPick={put} />}
      {preview !== undefined && (
        <div className={styles.preview} data-bad={preview.bad} data-float={compact} aria-live="polite">
          {preview.bad ? preview.text : `= ${preview.text === '' ? t('value.empty') : preview.text}`}
        </div>
      )}
    </div>
  );
}
