import { Button } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useConnections, useConnectors, useOperation } from '../../shared/api/catalog';
import { useMay } from '../../shared/api/session';
import type { Json } from '../../shared/api/types';
import { useText } from '../../shared/i18n/useText';
import { dayBefore } from '../../shared/lib/times';
import { Empty } from '../../shared/ui/Empty';
import { HelpLink } from '../../shared/ui/HelpLink';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { Trouble } from '../../shared/ui/Trouble';
import { useLeaveAsk } from '../../shared/ui/useLeaveAsk';
import { asJson } from '../../model/document';
import { useCreateFlow, useFirstRecords } from './api';
import { MatchStep } from './components/MatchStep';
import { NameStep } from './components/NameStep';
import { SideStep } from './components/SideStep';
import { documentOf, match, missing, noChoices, readsByTime, sketchOf } from './model/sketch';
import styles from './NewFlow.module.css';

const STEPS = ['source', 'target', 'match', 'name'] as const;
type Step = (typeof STEPS)[number];

/** How many days back a new flow begins to read. */
const BACK = 7;

/** A flow in four steps: what is read, what is written, how the fields match, and when it runs. Nothing is saved before the last. */
export default function NewFlowPage() {
  const { t } = useTranslation('newflow');
  const mayEdit = useMay('edit');
  const connections = useConnections();
  const connectors = useConnectors();
  const back = { to: '/flows', label: t('common:nav.flows') };
  return (
    <>
      <PageHeader title={t('title')} lead={t('lead')} back={back} marks={<HelpLink to="first-steps#wizard" title={t('title')} />} />
      {mayEdit ? <QueryView query={connections}>{() => <QueryView query={connectors}>{() => <Steps />}</QueryView>}</QueryView> : <Empty art="search" title={t('denied')} />}
    </>
  );
}

function Steps() {
  const { t } = useTranslation('newflow');
  const text = useText();
  const navigate = useNavigate();
  const connections = useConnections().data ?? [];
  const connectors = useConnectors().data ?? [];
  const [choices, setChoices] = useState(() => noChoices(dayBefore(new Date(), BACK)));
  const [step, setStep] = useState<Step>('source');
  const [judged, setJudged] = useState(false);
  const create = useCreateFlow();
  const letGo = useLeaveAsk(choices.source.connection !== '');
  const connectorOf = (connection: string) => connections.find(({ name }) => name === connection)?.connector;
  const source = useOperation(connectorOf(choices.source.connection), choices.source.operation).data;
  const target = useOperation(connectorOf(choices.target.connection), choices.target.operation).data;
  const ready = source !== undefined && missing(source, choices.source).length === 0;
  const records = useFirstRecords(ready && step !== 'name' ? sketchOf(choices, source) : undefined);
  const sample = records.data?.items?.[0] as Json | undefined;
  const matched = source !== undefined && target !== undefined ? match(choices, source, target, sample) : undefined;
  const at = STEPS.indexOf(step);

  const wrong: Record<Step, boolean> = {
    source: !ready || (readsByTime(source) && choices.start === ''),
    target: target === undefined || missing(target, choices.target).length > 0,
    match: matched === undefined,
    name: choices.title.trim() === '',
  };
  const go = (to: Step) => {
    setJudged(false);
    setStep(to);
  };
  const next = () => {
    if (wrong[step]) {
      setJudged(true);
      return;
    }
    const following = STEPS[at + 1];
    if (following !== undefined) {
      if (following === 'name' && choices.title === '' && source !== undefined && target !== undefined) {
        setChoices({ ...choices, title: `${titleOf(choices.source.connection)} ${text(source.title)} → ${titleOf(choices.target.connection)} ${text(target.title)}` });
      }
      go(following);
      return;
    }
    if (source === undefined || target === undefined || matched === undefined) return;
    const zone = connectors.find(({ id }) => id === connectorOf(choices.source.connection))?.timeZone ?? 'Asia/Shanghai';
    create.mutate({ title: choices.title, document: asJson(documentOf(choices, source, target, matched, zone)) }, {
      onSuccess: ({ id }) => {
        letGo();
        void navigate(`/flows/${id}/design`);
      },
    });
  };
  const titleOf = (connection: string) => text(connectors.find(({ id }) => id === connectorOf(connection))?.title) || connection;

  const parts: Record<Step, ReactNode> = {
    source: (
      <SideStep
        key="source" kind="query" side={choices.source} operation={source} judged={judged} records={ready ? records : undefined}
        start={readsByTime(source) ? choices.start : undefined} onStart={(start) => setChoices({ ...choices, start })}
        onChange={(side) => setChoices((now) => ({ ...now, source: side, left: [] }))}
      />
    ),
    target: <SideStep key="target" kind="write" side={choices.target} operation={target} judged={judged} onChange={(side) => setChoices((now) => ({ ...now, target: side, left: [], values: {} }))} />,
    match: matched === undefined ? null : <MatchStep matched={matched} left={choices.left} values={choices.values} onChange={(part) => setChoices({ ...choices, ...part })} />,
    name: <NameStep title={choices.title} schedule={choices.schedule} judged={judged} onChange={(part) => setChoices({ ...choices, ...part })} />,
  };

  return (
    <form
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        next();
      }}
    >
      <ol className={styles.steps} aria-label={t('steps')}>
        {STEPS.map((one, i) => (
          <li key={one} data-done={i < at} aria-current={one === step ? 'step' : undefined}>
            {i < at ? (
              <button type="button" onClick={() => go(one)}>
                {t(`step.${one}`)}
              </button>
            ) : (
              <span>{t(`step.${one}`)}</span>
            )}
          </li>
        ))}
      </ol>
      <section className={`${panel.panel} ${styles.box}`} aria-label={t(`step.${step}`)}>
        <h2>{t(`step.${step}`)}</h2>
        <p className={panel.sub}>{t(`about.${step}`)}</p>
        {parts[step]}
      </section>
      {create.error !== null && <Trouble error={create.error} />}
      <div className={styles.buttons}>
        {at > 0 && <Button onClick={() => go(STEPS[at - 1] ?? 'source')}>{t('back')}</Button>}
        <Button type="primary" htmlType="submit" loading={create.isPending}>
          {t(step === 'name' ? 'create' : 'next')}
        </Button>
      </div>
    </form>
  );
}
