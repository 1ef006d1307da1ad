import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Empty } from '../../shared/ui/Empty';
import { PageHeader } from '../../shared/ui/PageHeader';

export default function MissingPage() {
  const { t } = useTranslation('home');
  return (
    <>
      <PageHeader title={t('missing.title')} />
      <Empty art="dry" title={t('missing.text')}>
        <Link to="/">{t('missing.home')}</Link>
      </Empty>
    </>
  );
}
