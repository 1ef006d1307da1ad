import { useConnection, useStore, ViewportPortal } from '@xyflow/react';
import { useRefusalText } from '../useRefusalText';
import styles from './Canvas.module.css';
import { refusalOf } from './wiring';

const zoomOf = (state: { transform: [number, number, number] }) => state.transform[2];

/** Says why the wire under the pointer may not end here, while it is held there. */
export function WireTip() {
  const words = useRefusalText();
  const wire = useConnection();
  const zoom = useStore(zoomOf);
  if (!wire.inProgress || wire.toHandle === null || wire.toNode === null) return null;
  const backwards = wire.fromHandle.type === 'target';
  const [source, sourceHandle] = backwards ? [wire.toNode.id, wire.toHandle.id] : [wire.fromNode.id, wire.fromHandle.id];
  const [target, targetHandle] = backwards ? [wire.fromNode.id, wire.fromHandle.id] : [wire.toNode.id, wire.toHandle.id];
  const refusal = refusalOf({ source, target, sourceHandle: sourceHandle ?? null, targetHandle: targetHandle ?? null });
  if (refusal === undefined) return null;
  return (
    <ViewportPortal>
      <div className={styles.tip} role="status" style={{ transform: `translate(${wire.to.x}px, ${wire.to.y}px) scale(${1 / zoom}) translate(16px, 16px)` }}>
        {words(refusal)}
      </div>
    </ViewportPortal>
  );
}
