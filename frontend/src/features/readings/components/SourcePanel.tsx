import { FieldTimeOutlined, HistoryOutlined, SearchOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useMay } from '../../../shared/api/session';
import type { SourceReading } from '../../../shared/api/types';
import { formatCount, formatSpan, formatTime } from '../../../shared/lib/format';
import { Banner } from '../../../shared/ui/Banner';
import { useDialogs } from '../../../shared/ui/dialogs';
import panel from '../../../shared/ui/Panel.module.css';
import { When } from '../../../shared/ui/When';
import { useSourceActions } from '../api';
import { APART } from '../model/times';
import styles from '../Readings.module.css';
import BackfillDialog from './BackfillDialog';
import { Now, PastTable } from './Past';
import ResetDialog from './ResetDialog';

/** A source: how far it is read, its clock, and what was read of its past. */
export function SourcePanel({ flow, source }: { flow: string; source: SourceReading }) {
  const { t, i18n } = useTranslation('readings');
  const id = useId();
  const mayOperate = useMay('operate');
  const { ask, toast } = useDialogs();
  const { sweep } = useSourceActions(flow, source.node);
  const [dialog, setDialog] = useState<'backfill' | 'reset'>();
  const close = () => setDialog(undefined);
  const back = (source.sweep?.lookBackSeconds ?? 0) * 1000;
  const running = source.past.filter(({ reading }) => reading);
  const over = source.past.filter(({ reading }) => !reading);

  const start = () =>
    ask({
      title: t('sweep.title', { title: source.title }), text: t('sweep.text', { span: formatSpan(back, t), time: formatTime(source.cursor, i18n.language) }), submit: t('sweep.do'),
      onConfirm: () => sweep.mutateAsync().then(() => toast(t('sweep.started'))),
    });

  return (
    <section className={panel.panel} aria-labelledby={id}>
      <div className={panel.head}>
        <h2 id={id}>
          {source.title} <span className={panel.sub}>{source.connection} · <code>{source.operation}</code></span>
        </h2>
        {source.byTime && mayOperate && (
          <div className={styles.actions}>
            <Button icon={<SearchOutlined aria-hidden="true" />} disabled={source.cursor === undefined} title={source.cursor === undefined ? t('sweep.nothing') : undefined} onClick={start}>
              {t('sweep.name')}
            </Button>
            <Button icon={<HistoryOutlined aria-hidden="true" />} onClick={() => setDialog('backfill')}>
              {t('backfill.name')}
            </Button>
            <Button icon={<FieldTimeOutlined aria-hidden="true" />} onClick={() => setDialog('reset')}>
              {t('reset.name')}
            </Button>
          </div>
        )}
      </div>
      {source.byTime ? (
        <>
          <Clock source={source} />
          <dl className={styles.facts}>
            <Fact name={t('cursor')} note={source.cursor === undefined ? t('cursorNone', { time: formatTime(source.startFrom, i18n.language) || '–' }) : <When time={source.cursor} />}>
              {source.cursor === undefined ? t('common:time.never') : <When time={source.cursor} as="exact" />}
            </Fact>
            <Fact name={t('last')} note={source.last !== undefined && <>{t('lastDone')} <When time={source.last.doneAt} /> · <Link to={`/runs/${source.last.run}`}>{t('run', { id: source.last.run })}</Link></>}>
              {source.last === undefined ? t('lastNone') : <Between from={source.last.from} to={source.last.to} />}
            </Fact>
            <Fact name={t('clock.name')} note={source.clockAt !== undefined && <>{t('clock.at')} <When time={source.clockAt} /></>}>
              {t(`clock.${source.clock}`, { span: formatSpan(Math.abs(source.aheadSeconds) * 1000, t) })}
            </Fact>
            <SweepFact source={source} />
          </dl>
          {source.open !== undefined && (
            <p className={styles.line}>
              {t('open')} <Between from={source.open.from} to={source.open.to} /> · <Link to={`/runs/${source.open.run}`}>{t('run', { id: source.open.run })}</Link>
            </p>
          )}
          {running.map((past) => (
            <Now key={past.run} flow={flow} past={past} mayOperate={mayOperate} />
          ))}
          <h3 className={styles.sub}>{t('past.title')}</h3>
          {over.length === 0 ? <p className={styles.none}>{t('past.none')}</p> : <PastTable past={over} />}
          {source.resets.length > 0 && (
            <>
              <h3 className={styles.sub}>{t('reset.list')}</h3>
              <ul className={styles.resets}>
                {source.resets.map((one) => (
                  <li key={one.at}>
                    <When time={one.at} as="exact" /> {one.actor}: <Between from={one.from} to={one.to} />
                    {one.note !== undefined && <span className={panel.sub}> {one.note}</span>}
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      ) : (
        <p className={styles.line}>{t('whole')}</p>
      )}
      {dialog === 'backfill' && <BackfillDialog flow={flow} source={source} onClose={close} />}
      {dialog === 'reset' && <ResetDialog flow={flow} source={source} onClose={close} />}
    </section>
  );
}

export function Between({ from, to }: { from: string | null | undefined; to: string | null | undefined }) {
  const { t, i18n } = useTranslation('readings');
  const words = (time: string | null | undefined) => formatTime(time, i18n.language) || '–';
  return <span className="kz-num">{t('between', { from: words(from), to: words(to) })}</span>;
}

function Fact({ name, note, children }: { name: string; note?: ReactNode; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
      {note !== undefined && note !== false && <dd className={panel.sub}>{note}</dd>}
    </div>
  );
}

/** A clock that is off by more than a minute, and what follows from it. */
function Clock({ source }: { source: SourceReading }) {
  const { t } = useTranslation('readings');
  if ((source.clock !== 'apart' && source.clock !== 'wrong') || Math.abs(source.aheadSeconds) <= APART) return null;
  const span = formatSpan(Math.abs(source.aheadSeconds) * 1000, t);
  return (
    <div className={styles.banner}>
      <Banner tone={source.clock === 'wrong' ? 'err' : 'warn'} title={t(source.aheadSeconds > 0 ? 'clock.ahead' : 'clock.behind', { span })}>
        {t(source.clock === 'wrong' ? 'clock.stops' : 'clock.advice')}
      </Banner>
    </div>
  );
}

function SweepFact({ source }: { source: SourceReading }) {
  const { t, i18n } = useTranslation('readings');
  const last = source.past.find(({ kind, reading }) => kind === 'sweep' && !reading);
  const plan = source.sweep;
  const back = formatSpan((plan?.lookBackSeconds ?? 0) * 1000, t);
  return (
    <Fact
      name={t('sweep.name')}
      note={
        <>
          {plan?.next === undefined ? t('sweep.byHand', { span: back }) : <>{t('sweep.next', { span: back })} <When time={plan.next} /></>}
          {plan?.widerSeconds !== undefined && <span className={styles.advice}>{t('sweep.wider', { span: formatSpan(plan.widerSeconds * 1000, t) })}</span>}
        </>
      }
    >
      {last === undefined ? t('sweep.never') : <><When time={last.endedAt ?? last.startedAt} /> · {t('found', { count: last.found, shown: formatCount(last.found, i18n.language) })}</>}
    </Fact>
  );
}
