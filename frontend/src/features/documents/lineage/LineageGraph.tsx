import { ApiOutlined, FileTextOutlined, FolderOutlined, SendOutlined } from '@ant-design/icons';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useNodeName } from '../../../shared/api/nodeNames';
import type { Lineage, LineageNode } from '../../../shared/api/types';
import { StateTag } from '../../../shared/ui/StateTag';
import styles from './Lineage.module.css';
import { HEIGHT, placed, WIDTH, wire } from './places';

/** States of a call that no delivery has. */
const OWN = ['skipped', 'told'];

/** The graph itself. Only LineagePanel imports it, lazily. */
export default function LineageGraph({ graph }: { graph: Lineage }) {
  const { t } = useTranslation('documents');
  const box = useRef<HTMLDivElement>(null);
  const drawing = useMemo(() => placed(graph), [graph]);
  const nodes = useMemo(() => new Map(graph.nodes.map((node) => [node.id, node])), [graph]);
  const root = drawing.places.get(graph.root);
  useEffect(() => {
    // What was asked about is in sight, however far to the right it stands.
    const view = box.current;
    if (view === null || root === undefined) return;
    view.scrollLeft = root.x + WIDTH / 2 - view.clientWidth / 2;
    view.scrollTop = root.y + HEIGHT / 2 - view.clientHeight / 2;
  }, [root]);
  return (
    <div ref={box} className={styles.box}>
      <div className={styles.sheet} style={{ width: drawing.width, height: drawing.height }}>
        <svg className={styles.wires} width={drawing.width} height={drawing.height} aria-hidden="true">
          {graph.edges.map(({ from, to, kind }) => {
            const [a, b] = [drawing.places.get(from), drawing.places.get(to)];
            return a === undefined || b === undefined || from === to ? null : <path key={`${from} ${to} ${kind}`} d={wire(a, b)} data-kind={kind} />;
          })}
        </svg>
        <ul className={styles.nodes} aria-label={t('lineage.title')}>
          {drawing.order.map((id) => {
            const [node, place] = [nodes.get(id), drawing.places.get(id)];
            if (node === undefined || place === undefined) return null;
            return (
              <li key={id} className={styles.node} style={{ left: place.x, top: place.y, width: WIDTH, height: HEIGHT }}>
                <Card node={node} root={id === graph.root} from={graph.edges.filter((edge) => edge.to === id).flatMap((edge) => nodes.get(edge.from)?.label ?? [])} />
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}

const ICONS = { document: <FileTextOutlined aria-hidden="true" />, bill: <FolderOutlined aria-hidden="true" />, delivery: <SendOutlined aria-hidden="true" />, errand: <ApiOutlined aria-hidden="true" /> };

function Card({ node, root, from }: { node: LineageNode; root: boolean; from: string[] }) {
  const { t } = useTranslation('documents');
  const nodeName = useNodeName(node.flow, node.version);
  const kind = node.kind === 'document' && node.bill === true ? 'bill' : node.kind;
  const place = node.kind === 'document' ? node.flowTitle : [nodeName(node.node), node.connection].filter(Boolean).join(' → ');
  const what = t(`lineage.kind.${kind}`, { defaultValue: kind });
  const part = { document: '', delivery: '#document-attempts', errand: '#document-errands' }[node.kind as string] ?? '';
  return (
    <Link to={`/docs/${node.document}${part}`} className={styles.card} data-kind={node.kind} aria-current={root ? 'page' : undefined} title={node.label}>
      <span className={styles.head}>
        <span className={styles.kind}>
          {ICONS[kind as keyof typeof ICONS]} {what}
        </span>
        {node.kind === 'errand' && OWN.includes(node.state) ? <span>{t(`errands.state.${node.state}`)}</span> : <StateTag of={node.kind === 'document' ? 'document' : 'delivery'} state={node.state} />}
      </span>
      <b className={styles.label}>{node.label}</b>
      <span className={styles.flow}>{place}</span>
      {from.length > 0 && <span className={styles.hidden}>{t('lineage.cameOf', { from: from.join(t('bill.and')) })}</span>}
    </Link>
  );
}
