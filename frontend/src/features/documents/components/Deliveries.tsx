import { useTranslation } from 'react-i18next';
import { StateTag } from '../../../shared/ui/StateTag';
import { When } from '../../../shared/ui/When';
import styles from '../Document.module.css';
import type { LedgerDelivery, LedgerDocument } from '../model/detail';

interface Props {
  document: LedgerDocument;
  chosen: string;
  nodeName: (id: string) => string;
  onChoose: (delivery: LedgerDelivery) => void;
}

/** The writes of a document. Choosing one shows its payloads. */
export function Deliveries({ document, chosen, nodeName, onChoose }: Props) {
  const { t } = useTranslation('documents');
  if (document.deliveries.length === 0) return <p className={styles.quiet}>{t('deliveries.none')}</p>;
  return (
    <ul className={styles.deliveries}>
      {document.deliveries.map((delivery) => (
        <li key={`${delivery.node}/${delivery.part}`}>
          <button type="button" aria-pressed={`${delivery.node}/${delivery.part}` === chosen} onClick={() => onChoose(delivery)}>
            <span className={styles.deliveryHead}>
              <b>
                {nodeName(delivery.node)} → {delivery.connection}
              </b>
              <StateTag of="delivery" state={delivery.state} />
            </span>
            <span className={styles.quieter}>
              <code>{delivery.key}</code>
              {delivery.resource !== undefined && delivery.resource !== '' && ` · ${delivery.resource}`}
              {document.deliveries.length > 1 && ` · ${t('deliveries.part', { no: delivery.part + 1 })}`}
              {` · ${t('deliveries.attempts', { count: delivery.attempt })}`}
            </span>
            {(delivery.updating === true || (delivery.step !== undefined && delivery.step !== '')) && (
              <span className={styles.quieter}>
                {delivery.updating === true && t('deliveries.updating')}
                {delivery.updating === true && delivery.step !== undefined && delivery.step !== '' && ' · '}
                {delivery.step !== undefined && delivery.step !== '' && t('deliveries.step', { step: delivery.step })}
              </span>
            )}
            {delivery.targetNumber !== undefined && delivery.targetNumber !== '' && (
              <span>
                {t('target')} <code>{delivery.targetNumber}</code>
              </span>
            )}
            {delivery.message !== undefined && delivery.message !== '' && <span className={styles.failure}>{delivery.message}</span>}
            {delivery.nextAt !== undefined && delivery.nextAt !== '' && (
              <span className={styles.quieter}>
                {t('deliveries.next')} <When time={delivery.nextAt} />
              </span>
            )}
          </button>
        </li>
      ))}
    </ul>
  );
}
