import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { DocumentSummary } from '../../../shared/api/types';
import { StateTag } from '../../../shared/ui/StateTag';
import { When } from '../../../shared/ui/When';
import styles from './Decision.module.css';
import { DecisionPanel } from './DecisionPanel';

interface Props {
  documents: DocumentSummary[];
  hasMore: boolean;
  loading: boolean;
  onMore: () => void;
}

const asItIs = (id: string) => id;

/** What waits for a person, one under the other; the evidence of the first is open at once. */
export function DecisionQueue({ documents, hasMore, loading, onMore }: Props) {
  const { t } = useTranslation('documents');
  const [chosen, setChosen] = useState('');
  const open = documents.find(({ id }) => id === chosen) ?? documents[0];
  return (
    <ul className={styles.queue} aria-label={t('decision.queue')}>
      {documents.map((document) => {
        const name = document.number || document.key;
        const shown = document.id === open?.id;
        return (
          <li key={document.id}>
            <div className={styles.head}>
              <button type="button" className={styles.opener} aria-expanded={shown} aria-label={t('decision.look', { name })} onClick={() => setChosen(document.id)}>
                {shown ? '▾' : '▸'}
              </button>
              <Link to={`/docs/${document.id}`}>{name}</Link>
              <StateTag of="document" state={document.state} />
              <span className={styles.quiet}>{document.flowTitle}</span>
              <span className={styles.quiet}>
                <When time={document.updatedAt} />
              </span>
              {(document.newer ?? 0) > 0 && <span className={styles.other}>{t('newer', { count: document.newer })}</span>}
              <span>{document.message}</span>
            </div>
            {shown && <DecisionPanel key={document.id} id={document.id} nodeName={asItIs} />}
          </li>
        );
      })}
      {hasMore && (
        <li>
          <Button loading={loading} onClick={onMore}>
            {t('common:action.loadMore')}
          </Button>
        </li>
      )}
    </ul>
  );
}
