import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../../../shared/api/errors';
import { Banner } from '../../../shared/ui/Banner';
import panel from '../../../shared/ui/Panel.module.css';
import { When } from '../../../shared/ui/When';
import styles from '../Document.module.css';
import { useErrands, useMend } from '../errands';

/** The calls made after the document's walks: what a writeback calls, and messages to people. */
export function Errands({ id, nodeName }: { id: string; nodeName: (id: string) => string }) {
  const { t } = useTranslation('documents');
  const errands = useErrands(id).data?.items ?? [];
  const mend = useMend(id);
  if (errands.length === 0) return null;
  return (
    <section className={panel.panel} aria-labelledby="document-errands">
      <div className={panel.head}>
        <h2 id="document-errands">{t('errands.title')}</h2>
      </div>
      {mend.error !== null && <Banner tone="err">{asApiError(mend.error).message}</Banner>}
      <div className={styles.ends}>
        <ul>
          {errands.map((one) => (
            <li key={one.id}>
              <span className={styles.deliveryHead}>
                <b>{nodeName(one.node)}</b>
                <span>{t(`errands.state.${one.state}`)}</span>
                {one.actions.map((action) => (
                  <Button key={action} size="small" disabled={mend.isPending} onClick={() => mend.mutate({ errand: one.id, action, seen: one.seen })}>
                    {t(`errands.${action}`)}
                  </Button>
                ))}
              </span>
              <span className={styles.quieter}>
                {one.connection} · {one.operation} · {t('deliveries.attempts', { count: one.attempt })} · <When time={one.updatedAt} />
              </span>
              {one.message !== undefined && one.message !== '' && <span className={styles.quieter}>{one.message}</span>}
              <details>
                <summary>{t('errands.contents')}</summary>
                <pre>{JSON.stringify(one.body, null, 2)}</pre>
                {one.answer !== undefined && <pre>{JSON.stringify(one.answer, null, 2)}</pre>}
              </details>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
