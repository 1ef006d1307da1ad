import { CheckCircleFilled, ClockCircleOutlined, CloseCircleFilled, ExclamationCircleFilled, LoadingOutlined, MinusCircleOutlined, PushpinFilled, PushpinOutlined, WarningFilled } from '@ant-design/icons';
import { Handle, type NodeProps, useStore } from '@xyflow/react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { useShallow } from 'zustand/react/shallow';
import { textIn } from '~/shared/i18n/useText';
import { declarationOf, ERROR_PORT, inputOf } from '~/model/graph';
import { useDesigner } from '../designer.store';
import { type NodeRun, nodeRun, type NodeRunState } from '../run/overlay';
import { ConnectorMark } from './ConnectorMark';
import styles from './NodeCard.module.css';
import { NodeIcon } from './NodeIcon';
import { portPlaces, styleOf } from './portPlaces';
import { usePin } from '../nodeEditor/usePin';
import { useNodeFacts } from './useNodeFacts';

const STATE_ICONS: Record<NodeRunState, typeof CheckCircleFilled> = {
  waiting: ClockCircleOutlined, running: LoadingOutlined, ok: CheckCircleFilled, failed: CloseCircleFilled, skipped: MinusCircleOutlined,
};

const NO_RUN: Partial<NodeRun> = {};

/** Below this even large words are specks; colours tell reading from writing. */
const speck = (state: { transform: [number, number, number] }) => state.transform[2] < 0.3;

/** One node on the canvas. All have one size; what they show comes from the store by id. */
export const NodeCard = memo(function NodeCard({ id, selected }: NodeProps) {
  const kind = useDesigner((state) => declarationOf(state.graph, id)?.category) ?? 'unknown';
  const tiny = useStore(speck);
  const problems = useDesigner((state) => state.problemCounts.get(id));
  const wiring = useDesigner((state) => (state.wiring === undefined ? '' : state.wiring.allowed.has(id) ? 'yes' : 'no'));
  const pinned = useDesigner((state) => state.samples[id] !== undefined);
  const run: Partial<NodeRun> = useDesigner(useShallow((state) => nodeRun(state.run, state.graph, id) ?? NO_RUN));
  return (
    <div className={styles.card} data-selected={selected} data-kind={kind} data-tiny={tiny} data-wiring={wiring} data-run={run.state} data-pinned={pinned}>
      {!tiny && <Ports id={id} />}
      {!tiny && <Face id={id} />}
      {run.state !== undefined && <RunMark state={run.state} failed={run.failed ?? 0} />}
      {problems !== undefined && <ProblemMark {...problems} />}
      {pinned && <PinMark id={id} />}
    </div>
  );
});

/** What a node is called and what it does. */
function Face({ id }: { id: string }) {
  const { declaration, connector, title, subtitle, lost } = useNodeFacts(id);
  return (
    <>
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
    </>
  );
}

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
  const { t, i18n } = useTranslation('designer');
  const declaration = useDesigner((state) => declarationOf(state.graph, id));
  const places = useDesigner((state) => portPlaces(state.graph, id));
  const readOnly = useDesigner((state) => state.readOnly);
  const errorUsed = useDesigner((state) => state.graph.out.get(id)?.some((link) => link.from.port === ERROR_PORT) ?? false);
  const [input, outputs] = [inputOf(declaration), declaration?.outputs ?? []];
  return places.map((place) => {
    const { id: name = '', type, position } = place;
    const at = type === 'target' ? -1 : outputs.findIndex((one) => one.name === name);
    const port = type === 'target' ? input : outputs[at];
    const failed = type === 'source' && port === undefined;
    const title = failed ? t('node.errorPort') : textIn(port?.title, i18n.language);
    return (
      <Handle
        key={`${type} ${name}`} id={name} type={type} position={position} style={styleOf(place)} isConnectable={!readOnly} title={title}
        className={failed ? `${styles.port} ${styles.error}` : styles.port} data-traffic={port?.traffic} data-used={failed ? errorUsed : undefined}
      >
        {type === 'source' && !failed && outputs.length > 1 && <span className={styles.portName} data-below={at >= outputs.length / 2}>{title}</span>}
      </Handle>
    );
  });
}
