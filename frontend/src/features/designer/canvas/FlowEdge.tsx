import { PlusOutlined } from '@ant-design/icons';
import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath, useStore } from '@xyflow/react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { ERROR_PORT } from '~/model/graph';
import { useDesigner } from '../designer.store';
import { isOver, linkCount } from '../run/overlay';
import { pressedAt } from './focus';
import styles from './FlowEdge.module.css';
import { portsAt, wayBack } from './wayBack';

/** Below this the plus would be a speck; counts are drawn larger instead. */
const near = (state: { transform: [number, number, number] }) => state.transform[2] > 0.55;

/** An edge: what moved over it, and the place to put a node into it. */
export const FlowEdge = memo(function FlowEdge({ id, source, target, sourceHandleId, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, selected, markerEnd }: EdgeProps) {
  const { t, i18n } = useTranslation('designer');
  const count = useDesigner((state) => linkCount(state.run, state.graph, source, sourceHandleId ?? '', target));
  const moving = useDesigner((state) => state.run !== undefined && !isOver(state.run)) && (count ?? 0) > 0;
  const running = useDesigner((state) => state.run !== undefined);
  const splice = useDesigner((state) => state.spliceInto === id);
  const editable = useDesigner((state) => !state.readOnly && state.wiring === undefined);
  const named = useDesigner((state) => portsAt(state.graph, source) > 1);
  const close = useStore(near);
  // A wire back to the left, to the next line of a long flow, runs between the lines.
  const ends = { sourceX, sourceY, sourcePosition, targetX, targetY, targetPosition };
  const [path, x, y] = targetX < sourceX ? wayBack(ends, named) : getBezierPath(ends);
  const failed = sourceHandleId === ERROR_PORT;
  return (
    <>
      <BaseEdge path={path} markerEnd={markerEnd} interactionWidth={28} className={styles.path} data-selected={selected} data-failed={failed} data-splice={splice} data-used={(count ?? 0) > 0} />
      {moving && <path d={path} className={styles.flow} data-failed={failed} aria-hidden="true" />}
      {(count !== undefined || (close && editable && !running)) && (
        <EdgeLabelRenderer>
          <div className={styles.label} style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
            {count === undefined ? (
              <button
                type="button"
                className={`${styles.plus} nodrag nopan`}
                data-selected={selected}
                aria-label={t('canvas.insertHere')}
                title={t('canvas.insertHere')}
                onClick={(event) => useDesigner.setState({ picking: { for: { kind: 'into', link: id }, screen: pressedAt(event) } })}
              >
                <PlusOutlined />
              </button>
            ) : (
              <span className={`${styles.count} kz-num`} data-failed={failed} title={t('run.traversed', { n: count })}>
                {count.toLocaleString(i18n.language)}
              </span>
            )}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});
