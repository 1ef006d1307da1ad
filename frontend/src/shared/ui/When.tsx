import { useTranslation } from 'react-i18next';
import { useNow } from '../hooks/useNow';
import { formatAgo, formatTime } from '../lib/format';

interface Props {
  time: string | null | undefined;
  /** ago: "3 minutes ago", the moment on hover. exact: the moment itself. */
  as?: 'ago' | 'exact';
}

/** A moment in the reader's zone and language. */
export function When({ time, as = 'ago' }: Props) {
  const { i18n, t } = useTranslation();
  const now = useNow();
  const exact = formatTime(time, i18n.language);
  if (exact === '') return <span>{t('time.never')}</span>;
  return (
    <time dateTime={time ?? undefined} title={exact} className="kz-num">
      {as === 'exact' ? exact : formatAgo(time, i18n.language, now, t('time.justNow'))}
    </time>
  );
}
