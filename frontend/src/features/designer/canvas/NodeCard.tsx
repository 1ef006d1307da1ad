import { CheckCircleFilled, ClockCircleOutlined, CloseCircleFilled, ExclamationCircleFilled, LoadingOutlined, MinusCircleOutlined, PushpinFilled, PushpinOutlined, WarningFilled } from '@ant-design/icons';
import { Handle, type NodeProps, Position, useUpdateNodeInternals } from '@xyflow/react';
import { memo, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useShallow } from 'zustand/react/shallow';
import { useText } from '~/shared/i18n/useText';
import { declarationOf, ERROR_PORT } from '~/model/graph';
import { useDesigner } from '../designer.store';
import { type NodeRun, nodeRun, type NodeRunState } from '../run/overlay';
import { ConnectorMark } from './ConnectorMark';
import styles from './NodeCard.module.css';
import { NodeIcon } from './NodeIcon';
import { usePin } from '../nodeEditor/usePin';
import { useNodeFacts } from './useNodeFacts';

const STATE_ICONS: Record<NodeRunState, typeof CheckCircleFilled> = {
  waiting: ClockCircleOutlined, running: LoadingOutlined, ok: CheckCircleFilled, failed: CloseCircleFilled, skipped: MinusCircleOutlined,
};

const NO_RUN: Partial<NodeRun> = {};

/** One node on the canvas. All have one size; what they show comes from the store by id. */
export const NodeCard = memo(function NodeCard({ id, selected }: NodeProps) {
  const { declaration, connector, title, subtitle, lost } = useNodeFacts(id);
  const problems = useDesigner((state) => state.problemCounts.get(id));
  const wiring = useDesigner((state) => (state.wiring === undefined ? '' : state.wiring.allowed.has(id) ? 'yes' : 'no'));
  const pinned = useDesigner((state) => state.samples[id] !== undefined);
  const run: Partial<NodeRun> = useDesigner(useShallow((state) => nodeRun(state.run, state.graph, id) ?? NO_RUN));
  return (
    <div className={styles.card} data-selected={selected} data-kind={declaration?.category ?? 'unknown'} data-wiring={wiring} data-run={run.state} data-pinned={pinned}>
      <Ports id={id} />
      <span className={styles.tile}>
        <NodeIcon name={declaration?.icon} size={22} />
        {connector !== undefined && (
          <span className={styles.mark}>
            <ConnectorMark connector={connector} size={18} />
          </span>
        )}
      </span>
      <span className={styles.words}>
        <span className={styles.title}>{title}</span>
        <span className={styles.subtitle} data-lost={lost}>
          {subtitle}
        </span>
      </span>
      {run.state !== undefined && <RunMark state={run.state} failed={run.failed ?? 0} />}
      {problems !== undefined && <ProblemMark {...problems} />}
      {pinned && <PinMark id={id} />}
    </div>
  );
});

function RunMark({ state, failed }: { state: NodeRunState; failed: number }) {
  const { t } = useTranslation('designer');
  const Icon = STATE_ICONS[state];
  return (
    <span className={styles.run} data-state={state} title={t(`run.node.${state}`)}>
      <Icon aria-label={t(`run.node.${state}`)} />
      {failed > 0 && (
        <b className="kz-num" title={t('run.failedHere', { n: failed })}>
          {failed}
        </b>
      )}
    </span>
  );
}

function ProblemMark({ blocking, warnings }: { blocking: number; warnings: number }) {
  const { t } = useTranslation('designer');
  return (
    <span className={styles.problem} data-blocking={blocking > 0} title={t('problems.onNode', { blocking, warnings })}>
      <WarningFilled aria-hidden="true" />
      {blocking + warnings}
    </span>
  );
}

/** Keeps the sample with the node, or lets go of it. */
function PinMark({ id }: { id: string }) {
  const { t } = useTranslation('designer');
  const { toggle, pinned, stale, readOnly } = usePin(id);
  const says = `${t(pinned ? 'sample.kept' : 'sample.notKept')}${stale ? ` · ${t('sample.stale')}` : ''}`;
  const Icon = stale ? ExclamationCircleFilled : pinned ? PushpinFilled : PushpinOutlined;
  return (
    <button
      type="button"
      className={`${styles.pin} nodrag`}
      data-stale={stale}
      tabIndex={-1}
      disabled={readOnly}
      aria-pressed={pinned}
      aria-label={says}
      title={says}
      onClick={(event) => {
        event.stopPropagation();
        toggle();
      }}
      onDoubleClick={(event) => event.stopPropagation()}
    >
      <Icon aria-hidden="true" />
    </button>
  );
}

function Ports({ id }: { id: string }) {
  const { t } = useTranslation('designer');
  const text = useText();
  const declaration = useDesigner((state) => declarationOf(state.graph, id));
  const readOnly = useDesigner((state) => state.readOnly);
  const errorUsed = useDesigner((state) => state.graph.out.get(id)?.some((link) => link.from.port === ERROR_PORT) ?? false);
  const input = declaration?.inputs?.[0];
  const outputs = declaration?.outputs ?? [];
  const documents = [...(declaration?.inputs ?? []), ...outputs].some((port) => port.traffic === 'documents');
  // Wires end at ports whose places were measured when the card was drawn.
  const measure = useUpdateNodeInternals();
  const names = outputs.map((port) => port.name).join();
  const measured = useRef(names);
  useEffect(() => {
    if (measured.current === names) return;
    measured.current = names;
    measure(id);
  }, [measure, id, names]);
  return (
    <>
      {(input !== undefined || declaration === undefined) && (
        <Handle type="target" position={Position.Left} id={input?.name ?? ''} className={styles.port} data-traffic={input?.traffic} isConnectable={!readOnly} title={text(input?.title)} />
      )}
      {outputs.map((port, i) => (
        <Handle
          key={port.name}
          type="source"
          position={Position.Right}
          id={port.name}
          className={styles.port}
          data-traffic={port.traffic}
          isConnectable={!readOnly}
          style={{ top: `${((i + 1) / (outputs.length + 1)) * 100}%` }}
          title={text(port.title)}
        >
          {outputs.length > 1 && <span className={styles.portName} data-below={i >= outputs.length / 2}>{text(port.title)}</span>}
        </Handle>
      ))}
      {documents && (
        <Handle type="source" position={Position.Bottom} id={ERROR_PORT} className={`${styles.port} ${styles.error}`} data-used={errorUsed} isConnectable={!readOnly} title={t('node.errorPort')} />
      )}
    </>
  );
}
