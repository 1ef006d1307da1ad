import { PauseCircleOutlined, PlayCircleOutlined, StopOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { PastReading } from '../../../shared/api/types';
import { formatCount, formatSpan } from '../../../shared/lib/format';
import { noticeOf, useDialogs } from '../../../shared/ui/dialogs';
import panel from '../../../shared/ui/Panel.module.css';
import { PausedTag, StateTag } from '../../../shared/ui/StateTag';
import { When } from '../../../shared/ui/When';
import { useRunActions } from '../api';
import styles from '../Readings.module.css';
import { Between } from './SourcePanel';

/** A sweep or a range of the past that is being read. */
export function Now({ flow, past, mayOperate }: { flow: string; past: PastReading; mayOperate: boolean }) {
  const { t, i18n } = useTranslation('readings');
  const id = useId();
  const number = (value: number) => formatCount(value, i18n.language);
  const { ask, tell } = useDialogs();
  const { pause, resume, cancel } = useRunActions(flow, past.run);
  const turn = past.paused ? resume : pause;
  return (
    <div className={styles.now} role="group" aria-labelledby={id}>
      <div className={styles.nowHead}>
        <strong id={id}>{t(`${past.kind}.name`)}</strong>
        {past.paused ? <PausedTag /> : <StateTag of="run" state={past.state} />}
        <span className={panel.sub}>{past.to === undefined ? t('past.begins') : <Between from={past.from} to={past.to} />}</span>
        <span className={styles.push} />
        <Link to={`/runs/${past.run}`}>{t('run', { id: past.run })}</Link>
        {mayOperate && (
          <>
            <Button
              size="small" loading={turn.isPending} icon={past.paused ? <PlayCircleOutlined aria-hidden="true" /> : <PauseCircleOutlined aria-hidden="true" />}
              onClick={() => turn.mutate(undefined, { onError: (error) => tell(noticeOf(error, t('common:trouble.offline.title'))) })}
            >
              {t(past.paused ? 'past.resume' : 'past.pause')}
            </Button>
            <Button
              size="small" danger loading={cancel.isPending} icon={<StopOutlined aria-hidden="true" />}
              onClick={() => ask({ title: t('cancel.title'), text: t('cancel.text'), submit: t('cancel.do'), cancel: t('cancel.not'), danger: true, onConfirm: () => cancel.mutateAsync() })}
            >
              {t('cancel.do')}
            </Button>
          </>
        )}
      </div>
      <progress className={styles.bar} value={past.percent} max={100} aria-label={t('past.progress')} />
      <p className={styles.rates}>
        <b>{past.percent}%</b>
        <span>{past.windowsAll === undefined ? t('past.windows', { count: past.windows, shown: number(past.windows) }) : t('past.windowsOf', { done: number(past.windows), all: number(past.windowsAll) })}</span>
        <span>{t('past.documents', { count: past.pulled, shown: number(past.pulled) })}</span>
        <span>{t('found', { count: past.found, shown: number(past.found) })}</span>
        {past.perMinute > 0 && <span>{t('past.rate', { shown: number(past.perMinute) })}</span>}
        {past.leftSeconds !== undefined && <span>{t('past.left', { span: formatSpan(past.leftSeconds * 1000, t) })}</span>}
      </p>
    </div>
  );
}

/** What was read of the past, the newest first. */
export function PastTable({ past }: { past: PastReading[] }) {
  const { t, i18n } = useTranslation('readings');
  const number = (value: number) => formatCount(value, i18n.language);
  return (
    <div className={panel.scroll}>
      <table className={panel.table} aria-label={t('past.title')}>
        <thead>
          <tr>
            <th scope="col">{t('past.kind')}</th>
            <th scope="col">{t('past.state')}</th>
            <th scope="col">{t('past.range')}</th>
            <th scope="col">{t('past.started')}</th>
            <th scope="col" className={panel.num}>{t('past.pulled')}</th>
            <th scope="col" className={panel.num}>{t('past.found')}</th>
          </tr>
        </thead>
        <tbody>
          {past.map((one) => (
            <tr key={one.run}>
              <td><Link to={`/runs/${one.run}`}>{t(`${one.kind}.name`)}</Link></td>
              <td>
                <StateTag of="run" state={one.state} />
                {one.message !== undefined && one.message !== '' && <div className={styles.message} title={one.message}>{one.message}</div>}
              </td>
              <td className={panel.sub}><Between from={one.from} to={one.to} /></td>
              <td className={panel.sub}><When time={one.startedAt} /></td>
              <td className={panel.num}>{number(one.pulled)}</td>
              <td className={panel.num}>{number(one.found)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
