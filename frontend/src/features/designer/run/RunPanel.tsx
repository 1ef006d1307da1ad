import { CloseOutlined, StopOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { asApiError } from '~/shared/api/errors';
import type { StreamState } from '~/shared/api/sse';
import type { CountSlot, DocumentState } from '~/shared/api/types';
import { StateTag } from '~/shared/ui/StateTag';
import { useDialogs } from '~/shared/ui/dialogs';
import { cancelRun } from '../api';
import { useDesigner } from '../designer.store';
import { isOver } from './overlay';
import styles from '../Panel.module.css';

const FIRST: CountSlot[] = ['pulled', 'unchanged', 'dropped', 'ignored', 'accepted', 'delivered', 'collected', 'filtered', 'rejected', 'retry_at', 'unmapped', 'needs_decision', 'waiting', 'claimed', 'held', 'superseded', 'skipped'];
const DOCUMENT_STATES = new Set<string>(['delivered', 'collected', 'filtered', 'rejected', 'retry_at', 'unmapped', 'needs_decision', 'waiting', 'claimed', 'held', 'superseded', 'skipped']);

/** The run that the canvas shows: its state, its counts, what went wrong. */
export function RunPanel({ stream }: { stream: StreamState }) {
  const { t, i18n } = useTranslation(['designer', 'common']);
  const { toast } = useDialogs();
  const run = useDesigner((state) => state.run);
  if (run === undefined) return <p className={styles.none}>{t('run.none')}</p>;
  const over = isOver(run);
  const label = (slot: string) => (DOCUMENT_STATES.has(slot) ? t(`common:docState.${slot}`) : t(`common:count.${slot}`));
  const counts = FIRST.filter((slot) => (run.counts[slot] ?? 0) > 0 || slot === 'pulled' || slot === 'delivered' || slot === 'rejected');
  const cancel = () => cancelRun(run.id).catch((error: unknown) => toast(asApiError(error).message, 'err'));
  return (
    <div className={styles.run}>
      <div className={styles.runHead}>
        <StateTag of="run" state={run.state} />
        <span>{t('run.version', { no: run.version })}</span>
        {stream === 'reconnecting' && <span className={styles.warn}>{t('run.reconnecting')}</span>}
        {run.message !== undefined && run.message !== '' && <span className={styles.err}>{run.message}</span>}
        <span className={styles.push} />
        <Link to={`/runs/${run.id}`}>{t('run.details')}</Link>
        {over ? (
          <Button size="small" icon={<CloseOutlined aria-hidden="true" />} onClick={() => useDesigner.setState({ run: undefined, watching: undefined, panel: undefined })}>
            {t('run.clear')}
          </Button>
        ) : (
          <Button size="small" danger icon={<StopOutlined aria-hidden="true" />} onClick={() => void cancel()}>
            {t('run.cancel')}
          </Button>
        )}
      </div>
      <dl className={styles.counts} aria-live="polite">
        {counts.map((slot) => (
          <div key={slot} data-slot={slot} data-some={(run.counts[slot] ?? 0) > 0}>
            <dt>{label(slot)}</dt>
            <dd className="kz-num">{(run.counts[slot] ?? 0).toLocaleString(i18n.language)}</dd>
          </div>
        ))}
      </dl>
      {(run.problems ?? []).map((problem) => (
        <Link key={problem.state + problem.code} className={styles.row} to={`/docs?flow=${run.flow}&run=${run.id}&code=${encodeURIComponent(problem.code)}`}>
          <StateTag of="document" state={problem.state as DocumentState} count={String(problem.documents)} />
          <span>{problem.message}</span>
          <code>{problem.code}</code>
        </Link>
      ))}
    </div>
  );
}
