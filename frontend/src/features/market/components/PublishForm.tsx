import { Button } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import type { FlowSummary } from '../../../shared/api/types';
import { useDelayed } from '../../../shared/hooks/useDelayed';
import { useText } from '../../../shared/i18n/useText';
import { useDialogs } from '../../../shared/ui/dialogs';
import { Empty } from '../../../shared/ui/Empty';
import panel from '../../../shared/ui/Panel.module.css';
import { TextField } from '../../../shared/ui/TextField';
import { Trouble } from '../../../shared/ui/Trouble';
import { useLeaveAsk } from '../../../shared/ui/useLeaveAsk';
import { useOwnTemplates, useTemplateDraft } from '../api';
import styles from '../Market.module.css';
import { beginWith, bodyOf, NO_PAIR, type Pair, type Words, wrongSample } from '../model/publishing';
import { FlowChoice } from './FlowChoice';
import { PairField } from './PairField';
import { Verdict } from './Verdict';

interface Props {
  flows: FlowSummary[];
  /** Ids of flows that are chosen to begin with. */
  chosen: string[];
  /** The template that gets a next version; empty for a new one. */
  id: string;
}

const LINES = ['id', 'version', 'author', 'licence'] as const;
const TEXTS = ['title', 'summary', 'industry', 'changelog', 'docs'] as const;

/** What is said of a template, beside what the server makes of it meanwhile. */
export function PublishForm({ flows, chosen, id }: Props) {
  const { t } = useTranslation('market');
  const text = useText();
  const navigate = useNavigate();
  const { toast } = useDialogs();
  const { publish } = useOwnTemplates();
  const [typed, setTyped] = useState(false);
  const letGo = useLeaveAsk(typed);
  const [words, setWords] = useState<Words>(() => beginWith(chosen.filter((one) => flows.some((flow) => flow.id === one)), id));
  const put = (part: Partial<Words>) => {
    publish.reset();
    setTyped(true);
    setWords((now) => ({ ...now, ...part }));
  };
  const body = useDelayed(useMemo(() => bodyOf(words), [words]), 400);
  const draft = useTemplateDraft(body);
  const made = words.flows.length === 0 ? undefined : draft.data?.template;
  const sample = wrongSample(words);
  const ready = made !== undefined && draft.data?.problems.length === 0 && draft.data.secrets.length === 0 && !sample.given && !sample.expected;
  const slots = [...(made?.connections ?? []).map(({ slot, title, help }) => ({ slot, title, help })), ...(made?.flowSlots ?? []).map(({ alias, title, help }) => ({ slot: alias, title, help }))];
  const slot = (name: string) => words.slots[name] ?? { title: NO_PAIR, help: NO_PAIR };
  const putSlot = (name: string, part: { title?: Pair; help?: Pair }) => put({ slots: { ...words.slots, [name]: { ...slot(name), ...part } } });
  if (flows.length === 0) return <Empty title={t('publish.noFlows')} text={t('publish.noFlowsText')} />;
  return (
    <form
      className={styles.columns}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        publish.mutate(bodyOf(words), {
          onSuccess: (done) => {
            letGo();
            toast(t('publish.done', { title: text(done.title), version: done.version }));
            void navigate(`/market/${done.id}`);
          },
        });
      }}
    >
      <div className={styles.form}>
        <section className={`${panel.panel} ${styles.box}`}>
          <h2>{t('publish.flows')}</h2>
          <p className={panel.sub}>{t('publish.flowsHint')}</p>
          <FlowChoice flows={flows} chosen={words.flows} onChange={(next) => put({ flows: next })} />
        </section>
        <section className={`${panel.panel} ${styles.box}`}>
          <h2>{t('publish.words')}</h2>
          <p className={panel.sub}>{t('publish.wordsHint')}</p>
          {TEXTS.map((key) => (
            <PairField
              key={key} label={t(`publish.${key}`)} area={key === 'docs'} value={words[key]} onChange={(value) => put({ [key]: value })}
              placeholder={key === 'changelog' ? made?.changelog[0]?.text : made?.[key]}
            />
          ))}
          <div className={styles.pair}>
            {LINES.map((key) => (
              <TextField key={key} label={t(`publish.${key}`)} value={words[key]} placeholder={made?.[key]} readOnly={key === 'id' && id !== ''} autoComplete="off" spellCheck={false} onChange={(value) => put({ [key]: value })} />
            ))}
          </div>
        </section>
        {slots.length > 0 && (
          <section className={`${panel.panel} ${styles.box}`}>
            <h2>{t('publish.slots')}</h2>
            <p className={panel.sub}>{t('publish.slotsHint')}</p>
            {slots.map((one) => (
              <div key={one.slot} className={styles.table}>
                <PairField label={t('publish.slotTitle', { slot: one.slot })} value={slot(one.slot).title} placeholder={one.title} onChange={(title) => putSlot(one.slot, { title })} />
                <PairField label={t('publish.slotHelp', { slot: one.slot })} value={slot(one.slot).help} placeholder={one.help} onChange={(help) => putSlot(one.slot, { help })} />
              </div>
            ))}
          </section>
        )}
        {made !== undefined && made.codeTables.length > 0 && (
          <section className={`${panel.panel} ${styles.box}`}>
            <h2>{t('copy.tables')}</h2>
            <p className={panel.sub}>{t('publish.tablesHint')}</p>
            {made.codeTables.map(({ name, title }) => (
              <label key={name}>
                <input type="checkbox" checked={words.rows[name] === true} onChange={(event) => put({ rows: { ...words.rows, [name]: event.target.checked } })} />{' '}
                {t('publish.rows', { title: text(title) || name })}
              </label>
            ))}
          </section>
        )}
        <details className={`${panel.panel} ${styles.box}`}>
          <summary>{t('publish.sample')}</summary>
          <p className={panel.sub}>{t('publish.sampleHint')}</p>
          <div className={styles.pair}>
            {(['given', 'expected'] as const).map((key) => (
              <label key={key} className={styles.table}>
                {t(`sample.${key}`)}
                <textarea className={panel.field} rows={6} spellCheck={false} value={words[key]} aria-invalid={sample[key]} onChange={(event) => put({ [key]: event.target.value })} />
                {sample[key] && <span role="alert" className={styles.wrong}>{t('publish.noJson')}</span>}
              </label>
            ))}
          </div>
          <label>
            <input type="checkbox" checked={words.tests} onChange={(event) => put({ tests: event.target.checked })} /> {t('publish.tests')}
          </label>
        </details>
      </div>
      <aside className={styles.aside} aria-label={t('publish.verdict')}>
        <Verdict draft={words.flows.length === 0 ? undefined : draft} />
        {publish.error !== null && <Trouble error={publish.error} />}
        <Button type="primary" htmlType="submit" size="large" disabled={!ready} loading={publish.isPending}>
          {t('publish.do')}
        </Button>
      </aside>
    </form>
  );
}
