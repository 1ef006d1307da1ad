import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../../../shared/api/errors';
import { useMay } from '../../../shared/api/session';
import type { RawJson } from '../../../shared/lib/json';
import { Banner } from '../../../shared/ui/Banner';
import { noticeOf, useDialogs } from '../../../shared/ui/dialogs';
import panel from '../../../shared/ui/Panel.module.css';
import { When } from '../../../shared/ui/When';
import styles from '../Document.module.css';
import { type LedgerErrand, useErrands, useMend } from '../errands';
import { payloadText } from '../model/detail';
import { SkipDialog } from './SkipDialog';

/** The calls made after the document's walks: what a writeback calls, and messages to people. */
export function Errands({ id, nodeName }: { id: string; nodeName: (id: string) => string }) {
  const { t } = useTranslation('documents');
  const { tell, toast } = useDialogs();
  const mayOperate = useMay('operate');
  const { data: errands = [], error } = useErrands(id);
  const { retry, skip } = useMend(id);
  const [skipped, setSkipped] = useState<LedgerErrand>();
  if (errands.length === 0 && error === null) return null;
  const act = (one: LedgerErrand, action: LedgerErrand['actions'][number]) => {
    if (action === 'skip') {
      setSkipped(one);
      return;
    }
    retry.mutate({ errand: one.id, seen: one.seen }, {
      onSuccess: () => toast(t('errands.retryDone')),
      onError: (refusal) => tell(noticeOf(refusal, t('common:trouble.offline.title'))),
    });
  };
  const close = () => {
    skip.reset();
    setSkipped(undefined);
  };
  return (
    <section className={panel.panel} aria-labelledby="document-errands">
      <div className={panel.head}>
        <h2 id="document-errands">{t('errands.title')}</h2>
      </div>
      {error !== null && <Banner tone="err">{asApiError(error).message}</Banner>}
      <div className={styles.ends}>
        <ul>
          {errands.map((one) => (
            <li key={one.id} className={styles.errand}>
              <span className={styles.deliveryHead}>
                <b>{nodeName(one.node)}</b>
                <span>{t(`errands.state.${one.state}`)}</span>
              </span>
              <span className={styles.quieter}>
                {one.connection} · {one.operation} · {t('deliveries.attempts', { count: one.attempt })} · <When time={one.updatedAt} />
              </span>
              {one.message !== undefined && one.message !== '' && <span className={styles.failure}>{one.message}</span>}
              {one.note !== undefined && one.note !== '' && <span className={styles.quieter}>{t('errands.mended', { actor: one.actor, note: one.note })}</span>}
              <Contents of={one} />
              {mayOperate && one.actions.length > 0 && (
                <span className={styles.errandActions}>
                  {one.actions.map((action) => (
                    <Button key={action} size="small" disabled={retry.isPending || skip.isPending} onClick={() => act(one, action)}>
                      {t(`errands.${action}`)}
                    </Button>
                  ))}
                </span>
              )}
            </li>
          ))}
        </ul>
      </div>
      {skipped !== undefined && (
        <SkipDialog
          name={nodeName(skipped.node)} text={t('errands.skipText')} submit={t('errands.skipSubmit')} mutation={skip} onClose={close}
          onSubmit={(note) =>
            skip.mutate({ errand: skipped.id, seen: skipped.seen, note }, {
              onSuccess: () => {
                close();
                toast(t('errands.skipDone'));
              },
            })
          }
        />
      )}
    </section>
  );
}

const PARTS = ['params', 'body', 'answer'] as const;

/** A payload that says something; the parameters of a call may be none. */
const said = (raw: RawJson | undefined) => {
  const text = payloadText(raw);
  return text === '{}' ? '' : text;
};

/** What is sent and what was answered, digit by digit. */
function Contents({ of }: { of: LedgerErrand }) {
  const { t } = useTranslation('documents');
  const parts = PARTS.map((part) => [part, said(of[part])] as const).filter(([, text]) => text !== '');
  return (
    <details className={styles.contents}>
      <summary>{t('errands.contents')}</summary>
      {parts.length === 0 && <p className={styles.quieter}>{t('errands.purged')}</p>}
      {parts.map(([part, text]) => (
        <figure key={part}>
          <figcaption className={styles.quieter}>{t(`errands.${part}`)}</figcaption>
          <pre tabIndex={0}>{text}</pre>
        </figure>
      ))}
    </details>
  );
}
