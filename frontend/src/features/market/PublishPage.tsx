import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { useFlows } from '../../shared/api/flowNames';
import { useMay } from '../../shared/api/session';
import { Empty } from '../../shared/ui/Empty';
import { PageHeader } from '../../shared/ui/PageHeader';
import { QueryView } from '../../shared/ui/QueryView';
import { PublishForm } from './components/PublishForm';

/** Flows become a template that others copy: what is said of it, what it needs, and what stands against it. */
export default function PublishPage() {
  const { t } = useTranslation('market');
  const [params] = useSearchParams();
  const mayEdit = useMay('edit');
  const flows = useFlows();
  return (
    <>
      <PageHeader title={t('publish.heading')} lead={t('publish.lead')} back={{ to: '/market', label: t('title') }} />
      {mayEdit ? <QueryView query={flows}>{(all) => <PublishForm flows={all} chosen={params.getAll('flow')} id={params.get('id') ?? ''} />}</QueryView> : <Empty art="search" title={t('publish.denied')} />}
    </>
  );
}
