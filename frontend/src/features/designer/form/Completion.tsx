import { type RefObject, useEffect, useMemo, useState } from 'react';
import { createPortal } from 'react-dom';
import { useText } from '~/shared/i18n/useText';
import type { Text } from '~/shared/api/types';
import { SYSTEM_VARIABLES } from '~/model/expression';
import { matches } from '~/model/pinyin';
import { flatten, shortText } from '~/model/sampleTree';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import styles from './ExpressionInput.module.css';

export interface Option {
  path: string;
  title: Text | undefined;
  sample: string;
}

const MOST = 60;

/** The fields that fit what is typed: lines of the own array first. */
export function useOptions(query: string | undefined, scope: string, names: 'array' | 'path' | undefined): Option[] {
  const { fields } = useNodeContext();
  return useMemo(() => {
    if (query === undefined) return [];
    const all = flatten(fields).filter((field) => (names === 'array' ? field.type === 'array' : names === 'path' || field.type !== 'array'));
    const near = scope === '' ? all : [...all.filter((field) => field.scope === scope), ...all.filter((field) => field.scope !== scope)];
    const found: Option[] = near
      .filter((field) => matches(query, field.path, field.title?.zh, field.title?.en))
      .map((field) => ({ path: field.path, title: field.title, sample: field.count === undefined ? shortText(field.value, 40) : `[${field.count}]` }));
    if (names === undefined) found.push(...SYSTEM_VARIABLES.filter((name) => matches(query, name)).map((path) => ({ path, title: undefined, sample: '' })));
    return found.slice(0, MOST);
  }, [fields, query, scope, names]);
}

interface Props {
  anchor: RefObject<HTMLTextAreaElement | null>;
  id: string;
  options: readonly Option[];
  active: number;
  onPick: (path: string) => void;
}

/** The list under a text box. It is drawn over everything, so that no pane cuts it off. */
export function Completion({ anchor, id, options, active, onPick }: Props) {
  const text = useText();
  const [place, setPlace] = useState<{ left: number; top: number; minWidth: number }>();
  useEffect(() => {
    const put = () => {
      const box = anchor.current?.getBoundingClientRect();
      if (box === undefined) return;
      const height = Math.min(280, options.length * 32 + 8);
      const below = box.bottom + height + 8 < globalThis.innerHeight;
      setPlace({ left: Math.min(box.left, globalThis.innerWidth - 380), top: below ? box.bottom + 4 : box.top - height - 4, minWidth: Math.max(260, box.width) });
    };
    put();
    document.addEventListener('scroll', put, true);
    return () => document.removeEventListener('scroll', put, true);
  }, [anchor, options.length]);
  useEffect(() => document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: 'nearest' }), [id, active]);
  if (place === undefined) return null;
  return createPortal(
    <ul id={id} role="listbox" className={styles.list} style={place}>
      {options.map((option, i) => (
        // The press must not take the focus from the text box.
        <li key={option.path} id={`${id}-${i}`} role="option" aria-selected={i === active} className={styles.option} onPointerDown={(event) => event.preventDefault()} onClick={() => onPick(option.path)}>
          <code>{option.path}</code>
          <span>{text(option.title)}</span>
          <small>{option.sample}</small>
        </li>
      ))}
    </ul>,
    document.body,
  );
}
