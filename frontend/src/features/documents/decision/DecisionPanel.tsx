import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useMay } from '../../../shared/api/session';
import { Banner } from '../../../shared/ui/Banner';
import { useDialogs } from '../../../shared/ui/dialogs';
import panel from '../../../shared/ui/Panel.module.css';
import { QueryView } from '../../../shared/ui/QueryView';
import { StateTag } from '../../../shared/ui/StateTag';
import { When } from '../../../shared/ui/When';
import { useRepair } from '../api';
import { payloadText } from '../model/detail';
import { AcceptDialog } from './AcceptDialog';
import { type Question, useDecisions } from './api';
import styles from './Decision.module.css';
import { fieldRows } from './fieldDiff';

interface Props {
  id: string;
  nodeName: (id: string) => string;
}

/** What a person must say about a document's writes, with everything that is known about them. */
export function DecisionPanel({ id, nodeName }: Props) {
  const { t } = useTranslation('documents');
  const query = useDecisions(id);
  if (query.data?.questions.length === 0) return null;
  return (
    <section className={`${panel.panel} ${styles.panel}`} aria-label={t('decision.title')}>
      <div className={panel.head}>
        <h2>{t('decision.title')}</h2>
      </div>
      <QueryView query={query}>{({ questions, updatedAt }) => <>{questions.map((one) => <Asked key={`${one.node}/${one.part}`} id={id} question={one} seen={updatedAt ?? undefined} nodeName={nodeName} />)}</>}</QueryView>
    </section>
  );
}

function Asked({ id, question, seen, nodeName }: Props & { question: Question; seen: string | undefined }) {
  const { t } = useTranslation('documents');
  const { ask, toast } = useDialogs();
  const mayOperate = useMay('operate');
  const { resend } = useRepair(id);
  const [accepting, setAccepting] = useState(false);
  const { node, part, owner } = question;
  return (
    <article className={styles.question}>
      <header className={styles.head}>
        <b>
          {nodeName(node)} → {question.connection}
        </b>
        <StateTag of="delivery" state={question.state} />
      </header>
      {question.message !== '' && <p>{question.message}</p>}
      <p className={styles.facts}>
        <span>
          {t('decision.key')} <code>{question.key}</code>
        </span>
        <span>{t('deliveries.attempts', { count: question.attempt })}</span>
        {question.sentAt !== undefined && (
          <span>
            {t('decision.sentAt')} <When time={question.sentAt} />
          </span>
        )}
        {question.asked && question.askedAt !== undefined && (
          <span>
            {t('decision.askedAt')} <When time={question.askedAt} />
          </span>
        )}
      </p>
      {owner !== undefined && (
        <Banner tone="warn" title={t('decision.owner')}>
          <Link to={`/docs/${owner.id}`}>{owner.number || owner.key}</Link> · {owner.flowTitle}
        </Banner>
      )}
      <Evidence question={question} />
      {mayOperate && (
        <div className={styles.acts}>
          {question.acceptable && (
            <Button type="primary" onClick={() => setAccepting(true)}>
              {t('decision.accept')}
            </Button>
          )}
          {question.sendable && (
            <Button
              loading={resend.isPending}
              onClick={() =>
                ask({ title: t('decision.sendTitle'), text: t('decision.sendText'), submit: t('decision.send'), danger: true, onConfirm: () => resend.mutateAsync({ node, part, decided: true, seen }).then(() => toast(t('resend.done'))) })
              }
            >
              {t('decision.send')}
            </Button>
          )}
        </div>
      )}
      {accepting && <AcceptDialog id={id} question={question} seen={seen} onClose={() => setAccepting(false)} />}
    </article>
  );
}

/** What was sent and what the target holds, field by field; both whole where there is only one of them. */
function Evidence({ question }: { question: Question }) {
  const { t } = useTranslation('documents');
  const [all, setAll] = useState(false);
  const { sent, found } = question;
  if (sent === undefined) return <p className={styles.quiet}>{t('decision.purged')}</p>;
  if (found === undefined) {
    return (
      <>
        <p className={styles.quiet}>{t(question.asked ? 'decision.notFound' : 'decision.notAsked')}</p>
        <details>
          <summary>{t('decision.sent')}</summary>
          <pre className={styles.body}>{payloadText(sent)}</pre>
        </details>
      </>
    );
  }
  const rows = fieldRows(sent, found);
  // Many a system is asked for some fields only: what it did not return is no difference.
  const returned = rows.filter((row) => row.found !== undefined);
  const different = returned.filter(({ same }) => !same);
  const unseen = rows.length - returned.length;
  return (
    <>
      <p className={styles.quiet}>
        {different.length === 0 ? t('decision.allSame', { count: returned.length }) : t('decision.differ', { count: different.length, all: returned.length })}{' '}
        {unseen > 0 && t('decision.unseen', { count: unseen })}{' '}
        <Button size="small" type="link" aria-expanded={all} onClick={() => setAll(!all)}>
          {t(all ? 'decision.onlyDifferent' : 'decision.allFields')}
        </Button>
      </p>
      {(all || different.length > 0) && (
        <div className={styles.scroll} tabIndex={0} role="group" aria-label={t('decision.fields')}>
          <table className={panel.table} aria-label={t('decision.fields')}>
            <thead>
              <tr>
                <th scope="col">{t('decision.field')}</th>
                <th scope="col">{t('decision.sent')}</th>
                <th scope="col">{t('decision.found')}</th>
              </tr>
            </thead>
            <tbody>
              {(all ? rows : different).map((row) => (
                <tr key={row.path} data-same={row.same}>
                  <td>
                    <code>{row.path}</code>
                  </td>
                  <td>{row.sent}</td>
                  <td className={row.found === undefined ? styles.quiet : row.same ? undefined : styles.other}>{row.found ?? t('decision.absent')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
