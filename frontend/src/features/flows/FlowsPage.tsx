import { PlusOutlined, SearchOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { useMay } from '../../shared/api/session';
import type { FlowSummary } from '../../shared/api/types';
import { useDelayed } from '../../shared/hooks/useDelayed';
import { flowHealth, type FlowHealth } from '../../shared/lib/flowHealth';
import { Empty } from '../../shared/ui/Empty';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { useFlowActions, useFlowPages } from './api';
import { FlowTable } from './components/FlowTable';
import { TitleDialog } from './components/TitleDialog';

const FILTERS: FlowHealth[] = ['healthy', 'attention', 'failing', 'stopped', 'draft'];

export default function FlowsPage() {
  const { t } = useTranslation('flows');
  const navigate = useNavigate();
  const mayEdit = useMay('edit');
  const [params, setParams] = useSearchParams();
  const q = params.get('q') ?? '';
  const health = params.get('health') ?? '';
  const creating = params.get('new') === '1' && mayEdit;
  const flows = useFlowPages(useDelayed(q));
  const { create } = useFlowActions();

  const set = (key: string, value: string) =>
    setParams((now) => {
      if (value === '') now.delete(key);
      else now.set(key, value);
      return now;
    }, { replace: true });

  const newButton = mayEdit && (
    <>
      <Button onClick={() => void navigate('/flows/new')}>{t('byWizard')}</Button>
      <Button onClick={() => void navigate('/market')}>{t('fromTemplate')}</Button>
      <Button onClick={() => void navigate('/flows/import')}>{t('import.open')}</Button>
      <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => set('new', '1')}>
        {t('new')}
      </Button>
    </>
  );

  const body = (all: FlowSummary[]) => {
    const shown = health === '' ? all : all.filter((flow) => flowHealth(flow) === health);
    if (shown.length > 0) return <FlowTable flows={shown} />;
    if (q !== '' || health !== '') {
      return (
        <Empty art="search" title={t('noMatch')}>
          <Button onClick={() => setParams({}, { replace: true })}>{t('common:action.clear')}</Button>
        </Empty>
      );
    }
    return (
      <Empty title={t('empty.title')} text={t('empty.text')}>
        {newButton}
      </Empty>
    );
  };

  return (
    <>
      <PageHeader title={t('title')} lead={t('lead')} actions={newButton} />
      <div className={panel.tools}>
        <label className={panel.search}>
          <SearchOutlined aria-hidden="true" />
          <input type="search" value={q} placeholder={t('search')} aria-label={t('search')} onChange={(event) => set('q', event.target.value)} />
        </label>
        <select className={panel.field} value={health} aria-label={t('filter')} onChange={(event) => set('health', event.target.value)}>
          <option value="">{t('all')}</option>
          {FILTERS.map((key) => (
            <option key={key} value={key}>
              {t(`health.${key}`)}
            </option>
          ))}
        </select>
      </div>
      <div className={panel.panel}>
        <QueryView query={flows}>
          {(data) => (
            <>
              {body(data.pages.flatMap((page) => page.items))}
              {flows.hasNextPage && (
                <div className={panel.more}>
                  <Button loading={flows.isFetchingNextPage} onClick={() => void flows.fetchNextPage()}>
                    {t('common:action.loadMore')}
                  </Button>
                </div>
              )}
            </>
          )}
        </QueryView>
      </div>
      {creating && (
        <TitleDialog
          heading={t('new')}
          label={t('titleOf')}
          submit={t('createAndDraw')}
          mutation={create}
          onSubmit={(title) => create.mutate(title, { onSuccess: (flow) => void navigate(`/flows/${flow.id}/design`) })}
          onClose={() => {
            create.reset();
            set('new', '');
          }}
        />
      )}
    </>
  );
}
