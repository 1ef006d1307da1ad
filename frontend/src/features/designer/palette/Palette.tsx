import { useReactFlow } from '@xyflow/react';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useText } from '~/shared/i18n/useText';
import type { NodeDeclaration } from '~/shared/api/types';
import { append } from '../actions';
import { NODE_MIME } from '../canvas/Canvas';
import { motion } from '../canvas/useFit';
import { NodeIcon } from '../canvas/NodeIcon';
import { useDesigner } from '../designer.store';
import { SearchBox } from '../SearchBox';
import styles from './Palette.module.css';
import { useCatalogue } from './useCatalogue';

/** All node types: drag one onto the canvas, or click to put it behind the selected node. */
export function Palette() {
  const { t } = useTranslation('designer');
  const text = useText();
  const [query, setQuery] = useState('');
  const categories = useCatalogue(query);
  const list = useRef<HTMLDivElement>(null);
  const { screenToFlowPosition, setCenter, getZoom, getNode } = useReactFlow();

  const add = (declaration: NodeDeclaration) => {
    const canvas = document.querySelector('.react-flow')?.getBoundingClientRect();
    const id = append(declaration, screenToFlowPosition({ x: (canvas?.left ?? 0) + (canvas?.width ?? 0) / 2, y: (canvas?.top ?? 0) + (canvas?.height ?? 0) / 2 }));
    // The new card must be seen, also when it stands behind the edge of the window.
    requestAnimationFrame(() => {
      const at = getNode(id)?.position;
      if (at !== undefined) void setCenter(at.x + 118, at.y + 36, { zoom: getZoom(), duration: motion(200) });
    });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const items = [...(list.current?.querySelectorAll<HTMLButtonElement>('button') ?? [])];
    items[Math.max(0, items.indexOf(document.activeElement as HTMLButtonElement) + step)]?.focus();
  };

  return (
    <div className={styles.palette} onKeyDown={onKeyDown}>
      <div className={styles.search}>
        <SearchBox
          label={t('palette.search')}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            // Enter that ends a word of an input method is not meant for the list.
            const first = categories[0]?.types[0];
            if (event.key === 'Enter' && !event.nativeEvent.isComposing && query !== '' && first !== undefined) add(first);
          }}
        />
      </div>
      <div className={styles.list} ref={list}>
        {categories.map((category) => (
          <section key={category.id} aria-label={category.title}>
            <h3 className={styles.category}>{category.title}</h3>
            {category.types.map((one) => (
              <button
                key={one.type}
                type="button"
                className={styles.item}
                data-kind={category.id}
                draggable
                title={text(one.describe)}
                onClick={() => add(one)}
                onDragStart={(event) => {
                  event.dataTransfer.setData(NODE_MIME, one.type);
                  event.dataTransfer.effectAllowed = 'copy';
                  useDesigner.setState({ carrying: one.type });
                }}
                onDragEnd={() => useDesigner.setState({ carrying: undefined, spliceInto: undefined })}
              >
                <span className={styles.icon}>
                  <NodeIcon name={one.icon} size={18} />
                </span>
                <span className={styles.words}>
                  <span>{text(one.title)}</span>
                  <small>{text(one.describe)}</small>
                </span>
              </button>
            ))}
          </section>
        ))}
        {categories.length === 0 && <p className={styles.none}>{t('palette.none')}</p>}
        <p className={styles.hint}>{t('palette.hint')}</p>
      </div>
    </div>
  );
}
