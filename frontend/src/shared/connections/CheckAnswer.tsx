import { useTranslation } from 'react-i18next';
import type { CheckResult } from '../api/types';
import { formatSpan } from '../lib/format';
import { Banner } from '../ui/Banner';

/** What came of asking the real system: the account that answered, or why not and what to do. */
export function CheckAnswer({ answer }: { answer: CheckResult }) {
  const { t } = useTranslation('connections');
  if (answer.ok) {
    return (
      <Banner tone="ok" title={t('check.ok', { took: formatSpan(answer.tookMs, t) })}>
        {answer.account !== undefined && answer.account !== '' && <span>{answer.account}</span>}
      </Banner>
    );
  }
  return (
    <Banner tone="err" title={answer.message ?? t('check.failed')}>
      {answer.hint !== undefined && answer.hint !== '' && <span>{answer.hint}</span>}
      {answer.tookMs > 0 && <small>{t('check.took', { took: formatSpan(answer.tookMs, t) })}</small>}
    </Banner>
  );
}
