import { useTranslation } from 'react-i18next';
import { useParams, useSearchParams } from 'react-router';
import { useConnections } from '../../shared/api/catalog';
import { useMay } from '../../shared/api/session';
import { useText } from '../../shared/i18n/useText';
import { Empty } from '../../shared/ui/Empty';
import { PageHeader } from '../../shared/ui/PageHeader';
import { QueryView } from '../../shared/ui/QueryView';
import { useTemplate } from './api';
import { CopiedFlows } from './components/CopiedFlows';
import { CopyForm } from './components/CopyForm';

/** A template becomes flows of one's own: what it needs is chosen, then one document is tried and the flows are enabled. */
export default function CopyPage() {
  const { t } = useTranslation('market');
  const text = useText();
  const { templateId = '' } = useParams();
  const [params, setParams] = useSearchParams();
  const version = params.get('version') ?? '';
  const template = useTemplate(templateId, version);
  const connections = useConnections();
  const mayEdit = useMay('edit');
  const made = params.get('made')?.split(',') ?? [];
  const title = template.data === undefined ? t('copy.title') : t('copy.of', { title: text(template.data.title) });
  return (
    <>
      <PageHeader title={title} back={{ to: `/market/${templateId}`, label: text(template.data?.title) || t('title') }} lead={made.length === 0 ? t('copy.lead') : t('copied.lead')} />
      {mayEdit ? (
        <QueryView query={template}>
          {(found) =>
            made.length > 0 ? (
              <CopiedFlows template={found} ids={made} />
            ) : (
              <QueryView query={connections}>{(own) => <CopyForm template={found} connections={own} onDone={(ids) => setParams({ made: ids.join(','), ...(version !== '' && { version }) })} />}</QueryView>
            )
          }
        </QueryView>
      ) : (
        <Empty art="search" title={t('copy.denied')} />
      )}
    </>
  );
}
