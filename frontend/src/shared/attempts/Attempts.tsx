import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../api/errors';
import type { Attempt } from '../api/types';
import { useNow } from '../hooks/useNow';
import { formatSpan, spanBetween } from '../lib/format';
import { Banner } from '../ui/Banner';
import panel from '../ui/Panel.module.css';
import { StateTag } from '../ui/StateTag';
import { When } from '../ui/When';
import { byDelivery, type Content, CONTENTS, useAttempts } from './api';
import styles from './Attempts.module.css';
import { ContentDialog } from './ContentDialog';

interface Props {
  /** A document by its id and when it changed last. */
  document: { id: string; updatedAt?: string | null | undefined };
  nodeName: (id: string) => string;
}

/** Every attempt of every delivery of a document, with what was sent and answered. */
export function Attempts({ document, nodeName }: Props) {
  const { t } = useTranslation('documents');
  const { data: attempts = [], error } = useAttempts(document.id, document.updatedAt ?? '');
  const [shown, setShown] = useState<{ attempt: Attempt; content: Content }>();
  if (attempts.length === 0 && error === null) return null;
  const deliveries = byDelivery(attempts);
  const several = deliveries.length > 1;
  return (
    <section className={panel.panel} aria-labelledby="document-attempts">
      <div className={panel.head}>
        <h2 id="document-attempts">{t('attempts.title')}</h2>
      </div>
      {error !== null && <Banner tone="err">{asApiError(error).message}</Banner>}
      {deliveries.map((of) => (
        <div key={of.key} className={styles.delivery}>
          <h3>
            {nodeName(of.node)}
            {of.connection !== '' && ` → ${of.connection}`}
            {several && ` · ${t('deliveries.part', { no: of.part + 1 })}`}
          </h3>
          <ol className={styles.list} aria-label={t('attempts.of', { node: nodeName(of.node), part: of.part + 1 })}>
            {of.attempts.map((one, i) => (
              <Line key={one.id ?? `lost-${i}`} attempt={one} onShow={(content) => setShown({ attempt: one, content })} />
            ))}
          </ol>
        </div>
      ))}
      {shown !== undefined && <ContentDialog document={document.id} attempt={shown.attempt} content={shown.content} onChange={(content) => setShown({ ...shown, content })} onClose={() => setShown(undefined)} />}
    </section>
  );
}

function Line({ attempt, onShow }: { attempt: Attempt; onShow: (content: Content) => void }) {
  const { t } = useTranslation('documents');
  const now = useNow();
  const took = attempt.endedAt === undefined ? undefined : spanBetween(attempt.startedAt, attempt.endedAt, now);
  const kept = CONTENTS.filter((content) => attempt[content] === 'kept');
  const purged = CONTENTS.filter((content) => attempt[content] === 'purged');
  const facts = [
    attempt.operation,
    took !== undefined && t('attempts.took', { span: formatSpan(took, t) }),
    (attempt.rows ?? 0) > 1 && t('attempts.line', { line: attempt.line, rows: attempt.rows }),
    attempt.rev !== undefined && t('rev', { no: attempt.rev }),
  ].filter(Boolean);
  return (
    <li className={styles.attempt} data-kind={attempt.kind}>
      <span className={styles.no}>{t(`attempts.no.${attempt.kind}`, { no: attempt.no, defaultValue: attempt.kind })}</span>
      <div className={styles.what}>
        <span className={styles.head}>
          {attempt.recorded && attempt.outcome !== undefined && <StateTag of="delivery" state={attempt.outcome} />}
          {attempt.startedAt !== undefined && <When time={attempt.startedAt} as="exact" />}
          {facts.length > 0 && <span className={styles.facts}>{facts.join(' · ')}</span>}
        </span>
        {!attempt.recorded && <span className={styles.facts}>{t('attempts.lost')}</span>}
        {attempt.message !== undefined && attempt.message !== '' && <span className={styles.message}>{attempt.message}</span>}
        {attempt.hint !== undefined && attempt.hint !== '' && <span className={styles.facts}>{attempt.hint}</span>}
        {attempt.code !== undefined && attempt.code !== '' && <code className={styles.code}>{attempt.code}</code>}
      </div>
      <span className={styles.contents}>
        {kept.map((content) => (
          <Button key={content} size="small" aria-label={t('attempts.show', { what: t(`attempts.content.${content}`), no: attempt.no })} onClick={() => onShow(content)}>
            {t(`attempts.content.${content}`)}
          </Button>
        ))}
        {purged.length > 0 && <span className={styles.facts}>{t('attempts.purged', { what: purged.map((content) => t(`attempts.content.${content}`)).join(t('bill.and')) })}</span>}
      </span>
    </li>
  );
}
