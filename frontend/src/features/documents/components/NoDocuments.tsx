import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Empty } from '../../../shared/ui/Empty';

export function NoDocuments({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  const { t } = useTranslation('documents');
  if (!filtered) return <Empty title={t('empty.title')} text={t('empty.text')} />;
  return (
    <Empty art="search" title={t('noMatch.title')} text={t('noMatch.text')}>
      <Button onClick={onClear}>{t('common:action.clear')}</Button>
    </Empty>
  );
}
