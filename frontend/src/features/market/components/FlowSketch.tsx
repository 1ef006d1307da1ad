import { useTranslation } from 'react-i18next';
import { graphOf } from '../../../model/graph';
import { NODE_HEIGHT, NODE_WIDTH, positionsOf } from '../../../model/layout';
import { type FlowDocument, nodesOf, titleOf } from '../../../model/document';
import { useDeclarations } from '../../../shared/api/catalog';
import { useText } from '../../../shared/i18n/useText';
import styles from '../Market.module.css';

const MARGIN = 36;

/** How far a line goes straight out of a node, and into one. */
const STEP = 24;

/** A line from the right of one node to the left of another, around the rows where it leads back. */
function wayOf(x1: number, y1: number, x2: number, y2: number): string {
  if (x2 > x1) return `M${x1},${y1} C${(x1 + x2) / 2},${y1} ${(x1 + x2) / 2},${y2} ${x2},${y2}`;
  const between = (y1 + y2) / 2;
  return `M${x1},${y1} H${x1 + STEP} V${between} H${x2 - STEP} V${y2} H${x2}`;
}

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
          return <path key={link.id} className={styles.line} d={wayOf(from.x + NODE_WIDTH, from.y + NODE_HEIGHT / 2, to.x, to.y + NODE_HEIGHT / 2)} />;
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
