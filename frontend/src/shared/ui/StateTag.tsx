import {
  CheckCircleFilled, ClockCircleOutlined, CloseCircleFilled, FastForwardOutlined, FilterOutlined, FolderOpenOutlined, HourglassOutlined,
  InboxOutlined, LoadingOutlined, PauseCircleFilled, QuestionCircleFilled, ReloadOutlined, StopOutlined, SwapOutlined, TagsOutlined, WarningFilled,
} from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { AttentionMark, DeliveryState, DocumentState, RunState } from '../api/types';
import styles from './StateTag.module.css';

export type Tone = 'ok' | 'err' | 'warn' | 'info' | 'violet' | 'quiet';
type Look = { tone: Tone; icon: ReactNode };

const DOCUMENT: Record<DocumentState, Look> = {
  waiting: { tone: 'info', icon: <ClockCircleOutlined aria-hidden="true" /> },
  claimed: { tone: 'info', icon: <LoadingOutlined aria-hidden="true" /> },
  held: { tone: 'violet', icon: <InboxOutlined aria-hidden="true" /> },
  delivered: { tone: 'ok', icon: <CheckCircleFilled aria-hidden="true" /> },
  collected: { tone: 'ok', icon: <FolderOpenOutlined aria-hidden="true" /> },
  filtered: { tone: 'quiet', icon: <FilterOutlined aria-hidden="true" /> },
  rejected: { tone: 'err', icon: <CloseCircleFilled aria-hidden="true" /> },
  retry_at: { tone: 'warn', icon: <ReloadOutlined aria-hidden="true" /> },
  unmapped: { tone: 'warn', icon: <TagsOutlined aria-hidden="true" /> },
  needs_decision: { tone: 'err', icon: <QuestionCircleFilled aria-hidden="true" /> },
  superseded: { tone: 'quiet', icon: <SwapOutlined aria-hidden="true" /> },
  skipped: { tone: 'quiet', icon: <FastForwardOutlined aria-hidden="true" /> },
};

const RUN: Record<RunState, Look> = {
  queued: { tone: 'quiet', icon: <ClockCircleOutlined aria-hidden="true" /> },
  running: { tone: 'info', icon: <LoadingOutlined aria-hidden="true" /> },
  done: { tone: 'ok', icon: <CheckCircleFilled aria-hidden="true" /> },
  failed: { tone: 'err', icon: <CloseCircleFilled aria-hidden="true" /> },
  cancelled: { tone: 'quiet', icon: <StopOutlined aria-hidden="true" /> },
};

const DELIVERY: Record<DeliveryState, Look> = {
  pending: { tone: 'quiet', icon: <ClockCircleOutlined aria-hidden="true" /> },
  sending: { tone: 'info', icon: <LoadingOutlined aria-hidden="true" /> },
  done: { tone: 'ok', icon: <CheckCircleFilled aria-hidden="true" /> },
  rejected: { tone: 'err', icon: <CloseCircleFilled aria-hidden="true" /> },
  retry_at: { tone: 'warn', icon: <ReloadOutlined aria-hidden="true" /> },
  unknown: { tone: 'warn', icon: <HourglassOutlined aria-hidden="true" /> },
  needs_decision: { tone: 'err', icon: <QuestionCircleFilled aria-hidden="true" /> },
};

interface Props {
  of: 'document' | 'run' | 'delivery';
  state: string;
  count?: string;
}

const UNKNOWN: Look = { tone: 'quiet', icon: <ClockCircleOutlined aria-hidden="true" /> };

/** A state as icon, word and colour; the colour never stands alone. */
export function StateTag({ of, state, count }: Props) {
  const { t } = useTranslation();
  const looks: Record<string, Look> = of === 'document' ? DOCUMENT : of === 'run' ? RUN : DELIVERY;
  // A newer server may know a state that this page does not.
  const { tone, icon } = looks[state] ?? UNKNOWN;
  const group = of === 'document' ? 'docState' : of === 'run' ? 'runState' : 'deliveryState';
  return (
    <span className={styles.tag} data-tone={tone} data-state={state}>
      <span aria-hidden="true" className={styles.icon}>
        {icon}
      </span>
      {t(`${group}.${state}`, { defaultValue: state })}
      {count !== undefined && <b className="kz-num">{count}</b>}
    </span>
  );
}

/** Something about a document that does not change its state. */
export function AttentionTag({ mark }: { mark: AttentionMark }) {
  const { t } = useTranslation();
  return (
    <span className={styles.tag} data-tone={mark === 'handled' ? 'quiet' : 'warn'}>
      <span aria-hidden="true" className={styles.icon}>
        <WarningFilled aria-hidden="true" />
      </span>
      {t(`attention.${mark}`, { defaultValue: mark })}
    </span>
  );
}

/** Says of a run or a flow that it rests; its state stays what it was. */
export function PausedTag({ title }: { title?: string | undefined }) {
  const { t } = useTranslation();
  return (
    <span className={styles.tag} data-tone="warn" data-state="paused" title={title}>
      <span aria-hidden="true" className={styles.icon}>
        <PauseCircleFilled aria-hidden="true" />
      </span>
      {t('pause.state')}
    </span>
  );
}
