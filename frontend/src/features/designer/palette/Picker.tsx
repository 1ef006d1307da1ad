import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NodeDeclaration } from '~/shared/api/types';
import { useText } from '~/shared/i18n/useText';
import { fitsAfter, fitsBefore, fitsInto } from '~/model/edit';
import { append, insert } from '../actions';
import { focusCanvas } from '../canvas/focus';
import { NodeIcon } from '../canvas/NodeIcon';
import { current, type Picking, useDesigner } from '../designer.store';
import { SearchBox } from '../SearchBox';
import styles from './Palette.module.css';
import { useCatalogue } from './useCatalogue';

const WIDTH = 300;
const HEIGHT = 400;

/** The list that opens where a node is wanted; it shows only what fits there. */
export function Picker() {
  const picking = useDesigner((state) => state.picking);
  return picking === undefined ? null : <PickerList key={`${picking.screen.x},${picking.screen.y}`} picking={picking} />;
}

function fitting(picking: Picking, declaration: NodeDeclaration): boolean {
  const { graph } = current();
  const where = picking.for;
  if (where.kind === 'after') return fitsAfter(graph, where.from, declaration);
  if (where.kind === 'before') return fitsBefore(graph, where.to, declaration);
  return where.kind === 'into' ? fitsInto(graph, where.link, declaration) : true;
}

function PickerList({ picking }: { picking: Picking }) {
  const { t } = useTranslation('designer');
  const text = useText();
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef(document.activeElement);
  const fits = useCallback((declaration: NodeDeclaration) => fitting(picking, declaration), [picking]);
  const categories = useCatalogue(query, fits);
  const flat = categories.flatMap((category) => category.types);
  const chosen = flat[Math.min(active, flat.length - 1)];

  const close = () => {
    useDesigner.setState({ picking: undefined });
    if (opener.current instanceof HTMLElement && opener.current !== document.body) opener.current.focus();
    else focusCanvas();
  };
  const pick = (declaration: NodeDeclaration) => {
    const id = picking.for.kind === 'free' && current().selected.size > 0 ? append(declaration, picking.for.at) : insert(declaration, picking.for);
    useDesigner.setState({ picking: undefined });
    // The new node has the focus, so that Enter opens it; it is drawn in the next frame.
    setTimeout(() => document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`)?.focus(), 50);
  };

  useEffect(() => {
    const away = (event: Event) => {
      if (box.current?.contains(event.target as Node) !== true) useDesigner.setState({ picking: undefined });
    };
    document.addEventListener('pointerdown', away, true);
    return () => document.removeEventListener('pointerdown', away, true);
  }, []);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = (active + step + flat.length) % Math.max(1, flat.length);
      setActive(next);
      box.current?.querySelectorAll('[role=option]')[next]?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter' && chosen !== undefined) {
      event.preventDefault();
      pick(chosen);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === 'Tab') close(); // and on from where it was opened
  };

  const left = Math.max(8, Math.min(picking.screen.x + 8, globalThis.innerWidth - WIDTH - 8));
  const top = Math.max(8, Math.min(picking.screen.y - 24, globalThis.innerHeight - HEIGHT - 8));
  return (
    <div ref={box} className={styles.picker} style={{ left, top }} role="dialog" aria-label={t('palette.pick')} onKeyDown={onKeyDown}>
      <div className={styles.search}>
        <SearchBox
          label={t('palette.search')}
          autoFocus
          value={query}
          role="combobox"
          aria-expanded
          aria-controls="node-picker-list"
          aria-activedescendant={chosen === undefined ? undefined : `pick-${chosen.type}`}
          onChange={(event) => {
            setQuery(event.target.value);
            setActive(0);
          }}
        />
      </div>
      <div className={styles.list} role="listbox" id="node-picker-list" aria-label={t('palette.pick')}>
        {categories.map((category) => (
          <div key={category.id} role="group" aria-label={category.title}>
            <div className={styles.category} aria-hidden="true">{category.title}</div>
            {category.types.map((one) => (
              <div
                key={one.type}
                id={`pick-${one.type}`}
                role="option"
                aria-selected={one === chosen}
                className={styles.item}
                data-kind={category.id}
                data-active={one === chosen}
                onPointerMove={() => setActive(flat.indexOf(one))}
                onClick={() => pick(one)}
              >
                <span className={styles.icon}>
                  <NodeIcon name={one.icon} size={18} />
                </span>
                <span className={styles.words}>
                  <span>{text(one.title)}</span>
                  <small>{text(one.describe)}</small>
                </span>
              </div>
            ))}
          </div>
        ))}
        {flat.length === 0 && <p className={styles.none}>{t(query === '' ? 'palette.nothingFits' : 'palette.none')}</p>}
      </div>
    </div>
  );
}
