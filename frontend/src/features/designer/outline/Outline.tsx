import { DeleteOutlined, EditOutlined, NodeExpandOutlined, WarningFilled } from '@ant-design/icons';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { order } from '~/model/graph';
import { Menu } from '~/shared/ui/Menu';
import { useDialogs } from '~/shared/ui/dialogs';
import { connect, removeSelected, select } from '../actions';
import { NodeIcon } from '../canvas/NodeIcon';
import { useNodeFacts } from '../canvas/useNodeFacts';
import { useDesigner } from '../designer.store';
import { nameOf, useRefusalText } from '../useRefusalText';
import { fittingPorts } from '~/model/connect';
import styles from './Outline.module.css';

/** The flow as an ordered list: the same edits as on the canvas, for keys and screen readers. */
export default function Outline({ onOpen, onShow }: { onOpen: (id: string) => void; onShow: (id: string) => void }) {
  const { t } = useTranslation('designer');
  const graph = useDesigner((state) => state.graph);
  const [focused, setFocused] = useState(0);
  const tree = useRef<HTMLUListElement>(null);
  const ids = order(graph);

  const focus = (at: number) => {
    const next = Math.max(0, Math.min(at, ids.length - 1));
    setFocused(next);
    tree.current?.querySelectorAll<HTMLElement>('[role=treeitem]')[next]?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.target instanceof HTMLElement) || event.target.role !== 'treeitem') return;
    const id = ids[focused];
    const acts: Record<string, () => void> = {
      ArrowDown: () => focus(focused + 1), ArrowUp: () => focus(focused - 1), Home: () => focus(0), End: () => focus(ids.length - 1),
      Enter: () => id !== undefined && onOpen(id),
      ' ': () => id !== undefined && onShow(id),
      Delete: () => {
        if (id === undefined) return;
        select([id]);
        removeSelected(!event.ctrlKey);
        requestAnimationFrame(() => focus(focused));
      },
    };
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  if (ids.length === 0) return <p className={styles.none}>{t('outline.empty')}</p>;
  return (
    <ul ref={tree} className={styles.tree} role="tree" aria-label={t('outline.label')} onKeyDown={onKeyDown}>
      {ids.map((id, i) => (
        <OutlineItem key={id} id={id} no={i + 1} of={ids.length} tabbable={i === Math.min(focused, ids.length - 1)} onFocus={() => setFocused(i)} onOpen={onOpen} onShow={onShow} />
      ))}
    </ul>
  );
}

interface ItemProps {
  id: string;
  no: number;
  of: number;
  tabbable: boolean;
  onFocus: () => void;
  onOpen: (id: string) => void;
  onShow: (id: string) => void;
}

function OutlineItem({ id, no, of, tabbable, onFocus, onOpen, onShow }: ItemProps) {
  const { t, i18n } = useTranslation('designer');
  const { toast } = useDialogs();
  const words = useRefusalText();
  const { title, subtitle, declaration } = useNodeFacts(id);
  const graph = useDesigner((state) => state.graph);
  const selected = useDesigner((state) => state.selected.has(id));
  const readOnly = useDesigner((state) => state.readOnly);
  const problems = useDesigner((state) => state.problemCounts.get(id));
  const next = (graph.out.get(id) ?? []).map((link) => nameOf(link.to.node, i18n.language));
  const targets = readOnly ? [] : [...graph.nodes.keys()].flatMap((other) => fittingPorts(graph, id, other) ?? []);
  return (
    <li
      role="treeitem"
      aria-level={1}
      aria-posinset={no}
      aria-setsize={of}
      aria-selected={selected}
      tabIndex={tabbable ? 0 : -1}
      className={styles.item}
      data-selected={selected}
      onFocus={(event) => event.target === event.currentTarget && onFocus()}
      onClick={() => onShow(id)}
      onDoubleClick={() => onOpen(id)}
    >
      <span className={styles.no}>{no}</span>
      <NodeIcon name={declaration?.icon} size={16} />
      <span className={styles.words}>
        <span className={styles.title}>
          {title}
          {problems !== undefined && (
            <span className={styles.problem} data-blocking={problems.blocking > 0}>
              <WarningFilled aria-label={t('problems.onNode', { ...problems })} /> {problems.blocking + problems.warnings}
            </span>
          )}
        </span>
        <small>{subtitle}</small>
        {next.length > 0 && <small>{t('outline.leadsTo', { names: next.join(', ') })}</small>}
      </span>
      <Menu
        label={t('outline.actions', { name: title })}
        button="⋯"
        items={[
          { key: 'open', label: t('outline.open'), icon: <EditOutlined />, onSelect: () => onOpen(id) },
          ...targets.slice(0, 12).map(({ from, to }) => ({
            key: `to-${to.node}`, label: t('outline.connectTo', { name: nameOf(to.node, i18n.language) }), icon: <NodeExpandOutlined />,
            onSelect: () => {
              const refusal = connect(from, to);
              if (refusal !== undefined) toast(words(refusal), 'warn');
            },
          })),
          ...(readOnly ? [] : [{ key: 'delete', label: t('outline.remove'), icon: <DeleteOutlined />, danger: true, onSelect: () => { select([id]); removeSelected(true); } }]),
        ]}
      />
    </li>
  );
}

