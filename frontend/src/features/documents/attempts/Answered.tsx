import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import panel from '../../../shared/ui/Panel.module.css';
import type { LedgerDelivery, LedgerDocument } from '../model/detail';
import { useAttempts } from '../../../shared/attempts/api';
import styles from '../../../shared/attempts/Attempts.module.css';
import { Shown } from '../../../shared/attempts/ContentDialog';

interface Props {
  document: LedgerDocument;
  delivery: LedgerDelivery | undefined;
  /** What is shown where no attempt kept an answer. */
  otherwise: ReactNode;
}

/** What the target answered to a delivery, attempt by attempt, the last one first. */
export function Answered({ document, delivery, otherwise }: Props) {
  const { t } = useTranslation('documents');
  const { data: attempts = [] } = useAttempts(document.id, document.updatedAt ?? '');
  const [picked, setPicked] = useState('');
  const answered = attempts.filter(({ node, part, response, answer }) => node === delivery?.node && part === delivery.part && (response === 'kept' || answer === 'kept'));
  const one = answered.find(({ id }) => id === picked) ?? answered.at(-1);
  if (one === undefined) return otherwise;
  return (
    <div className={styles.answered}>
      {answered.length > 1 && (
        <select className={panel.field} value={one.id} aria-label={t('attempt')} onChange={(event) => setPicked(event.target.value)}>
          {answered.map((other) => (
            <option key={other.id} value={other.id}>
              {t(`attempts.no.${other.kind}`, { no: other.no })}
            </option>
          ))}
        </select>
      )}
      <Shown key={one.id} document={document.id} attempt={one} content={one.response === 'kept' ? 'response' : 'answer'} />
    </div>
  );
}
