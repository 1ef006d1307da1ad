import { useTranslation } from 'react-i18next';
import { graphOf } from '../../../model/graph';
import { NODE_HEIGHT, NODE_WIDTH, positionsOf } from '../../../model/layout';
import { type FlowDocument, nodesOf, titleOf } from '../../../model/document';
import { useDeclarations } from '../../../shared/api/catalog';
import { useText } from '../../../shared/i18n/useText';
import styles from '../Market.module.css';

const MARGIN = 12;

/** A flow's nodes and lines, to look at. */
export default function FlowSketch({ doc }: { doc: FlowDocument }) {
  const { t } = useTranslation('market');
  const text = useText();
  const types = new Map((useDeclarations().data ?? []).map((one) => [one.type, one]));
  const graph = graphOf(doc, types);
  const places = positionsOf(doc, graph);
  const points = [...places.values()];
  const left = Math.min(...points.map(({ x }) => x)) - MARGIN;
  const top = Math.min(...points.map(({ y }) => y)) - MARGIN;
  const width = Math.max(...points.map(({ x }) => x)) + NODE_WIDTH + MARGIN - left;
  const height = Math.max(...points.map(({ y }) => y)) + NODE_HEIGHT + MARGIN - top;
  const typeOf = (type: string) => text(types.get(type)?.title) || type;
  return (
    <figure className={styles.sketch} tabIndex={0} aria-label={t('sketch', { title: titleOf(doc) })}>
      <svg viewBox={`${left} ${top} ${width} ${height}`} style={{ maxWidth: width }} role="img" aria-label={nodesOf(doc).map((node) => node.title ?? typeOf(node.type)).join(' → ')}>
        {graph.links.map((link) => {
          const [from, to] = [places.get(link.from.node), places.get(link.to.node)];
          if (from === undefined || to === undefined) return null;
          const [x1, y1, x2, y2] = [from.x + NODE_WIDTH, from.y + NODE_HEIGHT / 2, to.x, to.y + NODE_HEIGHT / 2];
          const bend = Math.max(24, Math.abs(x2 - x1) / 3);
          return <path key={link.id} className={styles.line} d={`M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`} />;
        })}
        {nodesOf(doc).map((node) => {
          const at = places.get(node.id);
          if (at === undefined) return null;
          return (
            <g key={node.id} transform={`translate(${at.x},${at.y})`}>
              <rect className={styles.node} width={NODE_WIDTH} height={NODE_HEIGHT} rx={10} />
              <foreignObject width={NODE_WIDTH} height={NODE_HEIGHT}>
                <div className={styles.words}>
                  <b>{node.title ?? typeOf(node.type)}</b>
                  <span>{typeOf(node.type)}</span>
                </div>
              </foreignObject>
            </g>
          );
        })}
      </svg>
    </figure>
  );
}
