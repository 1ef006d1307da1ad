import { Button } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useConnections } from '../../shared/api/catalog';
import { useMay } from '../../shared/api/session';
import { Empty } from '../../shared/ui/Empty';
import { readText } from '../../shared/lib/textFile';
import { FileDrop } from '../../shared/ui/FileDrop';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { Trouble } from '../../shared/ui/Trouble';
import { useFlowPages, useImport } from './api';
import { ImportLines } from './components/ImportLines';
import styles from './components/Import.module.css';
import { type Answers, choiceOf, keyOf, NO_ANSWERS } from './model/importing';

const MOST = 1 << 20;

/** Existing work - a pasted table, a scheme, a document - becomes a draft: what was read, what is asked, what is left. */
export default function ImportPage() {
  const { t, i18n } = useTranslation('flows');
  const navigate = useNavigate();
  const mayEdit = useMay('edit');
  const [text, setText] = useState('');
  const [answers, setAnswers] = useState<Answers>(NO_ANSWERS);
  const [tooLarge, setTooLarge] = useState(false);
  const connections = useConnections();
  const flows = useFlowPages('');
  const { preview, save } = useImport();

  // What was read stands below what was given: it is brought into sight once.
  const results = useRef<HTMLDivElement>(null);
  const fresh = preview.data !== undefined && answers === NO_ANSWERS;
  useEffect(() => {
    if (fresh) results.current?.scrollIntoView({ block: 'start' });
  }, [fresh, preview.data]);

  const look = (what: string, said: Answers) => {
    setAnswers(said);
    save.reset();
    preview.mutate({ text: what, answers: said });
  };
  const open = async (file: File) => {
    setTooLarge(file.size > MOST);
    if (file.size > MOST) return;
    const read = await readText(file);
    setText(read);
    look(read, NO_ANSWERS);
  };
  const back = { to: '/flows', label: t('title') };
  if (!mayEdit) {
    return (
      <>
        <PageHeader title={t('import.title')} back={back} />
        <Empty art="search" title={t('import.denied')} />
      </>
    );
  }
  const title = (words: { zh: string; en?: string } | undefined) => (words === undefined ? '' : i18n.language.startsWith('zh') ? words.zh : (words.en ?? words.zh));
  const drafts = preview.data?.drafts ?? [];
  const other = text !== preview.variables?.text; // than what was read
  const nothing = preview.data?.format !== 'karez' && drafts.every(({ read }) => read === 0);

  return (
    <>
      <PageHeader title={t('import.title')} lead={t('import.lead')} back={back} />
      <div className={styles.page}>
        <section className={`${panel.panel} ${styles.box}`} aria-label={t('import.given')}>
          <FileDrop title={t('import.drop')} hint={t('import.dropHint')} accept=".txt,.md,.json,.yaml,.yml,.csv,.tsv" onChoose={(file) => void open(file)} />
          {tooLarge && <p role="alert">{t('import.tooLarge')}</p>}
          <label className={styles.text}>
            {t('import.paste')}
            <textarea value={text} rows={10} spellCheck={false} onChange={(event) => setText(event.target.value)} />
          </label>
          <Button type="primary" disabled={text.trim() === ''} loading={preview.isPending} onClick={() => look(text, NO_ANSWERS)}>
            {t('import.read')}
          </Button>
        </section>
        {preview.error !== null && <Trouble error={preview.error} onRetry={() => look(text, answers)} />}
        <div ref={results} />
        {preview.data !== undefined && nothing && (
          <div className={panel.panel} role="alert">
            <Empty art="search" title={t('import.nothing')} />
          </div>
        )}
        {drafts.filter(({ rows }) => rows > 0 || !nothing).map((draft, n) => (
          <section key={n} className={`${panel.panel} ${styles.box}`} aria-label={draft.title}>
            <h2>{draft.title === '' ? t('import.untitled') : draft.title}</h2>
            {draft.rows > 0 && <p role="status">{t('import.count', { read: draft.read, rows: draft.rows })}</p>}
            {draft.questions.map((question) => (
              <label key={question.role} className={styles.ask}>
                {t(`import.role.${question.role as 'source' | 'target'}`)}
                {!question.sure && <em>{t('import.confirm')}</em>}
                <select
                  className={panel.field}
                  value={question.chosen === undefined ? '' : keyOf(question.chosen)}
                  onChange={(event) => look(text, { ...answers, [question.role]: choiceOf(event.target.value) })}
                >
                  {question.chosen === undefined && <option value="">{t('import.unknown')}</option>}
                  {question.candidates.map((one) => (
                    <option key={keyOf(one)} value={keyOf(one)}>
                      {[title(one.system), title(one.title), one.connector === undefined ? '' : one.operation].filter(Boolean).join(' · ')}
                    </option>
                  ))}
                </select>
              </label>
            ))}
            {draft.slots.map((slot) => (
              <label key={slot.kind + slot.key} className={styles.ask}>
                {slot.kind === 'connection' ? t(`import.connection.${slot.key as 'source' | 'target'}`) : slot.kind === 'start' ? t('import.start') : t('import.flow', { id: slot.key })}
                {slot.kind === 'start' ? (
                  <input
                    className={panel.field}
                    value={answers.startFrom ?? ''}
                    placeholder="2026-01-01 00:00:00"
                    onChange={(event) => setAnswers({ ...answers, startFrom: event.target.value })}
                  />
                ) : slot.kind === 'connection' ? (
                  <select
                    className={panel.field}
                    value={answers.connections?.[slot.key] ?? ''}
                    onChange={(event) => setAnswers({ ...answers, connections: { ...answers.connections, [slot.key]: event.target.value } })}
                  >
                    <option value="">{t('import.later')}</option>
                    {(connections.data ?? []).filter((one) => one.connector === slot.connector).map((one) => (
                      <option key={one.name}>{one.name}</option>
                    ))}
                  </select>
                ) : (
                  <select
                    className={panel.field}
                    value={answers.flows?.[slot.key] ?? ''}
                    onChange={(event) => setAnswers({ ...answers, flows: { ...answers.flows, [slot.key]: event.target.value } })}
                  >
                    <option value="">{t('import.later')}</option>
                    {(flows.data?.pages ?? []).flatMap((page) => page.items).map((one) => (
                      <option key={one.id} value={one.id}>
                        {one.title}
                      </option>
                    ))}
                  </select>
                )}
              </label>
            ))}
            <ImportLines lines={draft.lines} />
          </section>
        ))}
        {drafts.length > 0 && !nothing && (
          <div>
            <Button
              type="primary"
              disabled={other}
              loading={save.isPending}
              onClick={() => save.mutate({ text, answers }, { onSuccess: ({ flows: made }) => void navigate(made.length === 1 ? `/flows/${made[0]?.id}/design` : '/flows') })}
            >
              {t('import.create')}
            </Button>
            {other && <p role="status">{t('import.changed')}</p>}
            {save.error !== null && <Trouble error={save.error} />}
          </div>
        )}
      </div>
    </>
  );
}
