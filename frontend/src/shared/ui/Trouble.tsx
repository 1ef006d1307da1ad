import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { asApiError, CODE_UNREADABLE, isCrash, isDenied, isMissing, isOffline, isOutdated } from '../api/errors';
import { Illustration } from './Illustration';
import styles from './Trouble.module.css';

/** A whole page or panel that could not be had: what happened, and what to do. */
export function Trouble({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const problem = asApiError(error);
  const kind = isDenied(error) ? 'denied' : isMissing(error) ? 'missing' : isOffline(error) ? 'offline' : isOutdated(error) ? 'outdated' : isCrash(error) ? 'crashed' : 'failed';
  const own = problem.status === 0 || problem.code === CODE_UNREADABLE;
  return (
    <div className={styles.box} role="alert">
      <Illustration name={kind === 'offline' ? 'dry' : kind === 'denied' ? 'closed' : 'blocked'} />
      <h2 className={styles.title}>{t(`trouble.${kind}.title`)}</h2>
      <p className={styles.text}>{own || kind === 'missing' ? t(`trouble.${kind}.text`) : problem.message}</p>
      {problem.hint !== '' && <p className={styles.text}>{problem.hint}</p>}
      <p className={styles.code}>
        <code>{problem.code}</code>
        {problem.requestId !== '' && <code>{problem.requestId}</code>}
      </p>
      {onRetry !== undefined && kind !== 'denied' && <Button onClick={onRetry}>{t(kind === 'outdated' ? 'action.reload' : 'action.tryAgain')}</Button>}
    </div>
  );
}
