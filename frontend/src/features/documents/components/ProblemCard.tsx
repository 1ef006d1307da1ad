import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { isMissingCode } from '../../../shared/lib/counts';
import { Banner } from '../../../shared/ui/Banner';
import { When } from '../../../shared/ui/When';
import styles from '../Document.module.css';
import type { LedgerDocument } from '../model/detail';

/** Longer words scroll in their place, so they can be reached by keys. */
const LONG = 600;

interface Props {
  problem: NonNullable<LedgerDocument['problem']>;
  nodeName: (id: string) => string;
}

/** What is wrong, where, and the next step. */
export function ProblemCard({ problem, nodeName }: Props) {
  const { t } = useTranslation('documents');
  return (
    <div className={styles.problem}>
      <Banner tone="err" title={<span className={styles.words} tabIndex={problem.message.length > LONG ? 0 : undefined}>{problem.message}</span>}>
        {problem.hint !== undefined && problem.hint !== '' && <span>{problem.hint}</span>}
        <span className={styles.where}>
          <code>{problem.code}</code>
          {problem.node !== undefined && problem.node !== '' && (
            <span>
              {t('problem.node')} <b>{nodeName(problem.node)}</b>
            </span>
          )}
          {problem.path !== undefined && problem.path !== '' && (
            <span>
              {t('problem.field')} <code>{problem.path}</code>
            </span>
          )}
          {problem.since !== null && problem.since !== '' && (
            <span>
              {t('problem.since')} <When time={problem.since} />
            </span>
          )}
          {isMissingCode(problem.code) && <Link to="/codes?tab=missing">{t('problem.fillCodes')}</Link>}
        </span>
      </Banner>
    </div>
  );
}
