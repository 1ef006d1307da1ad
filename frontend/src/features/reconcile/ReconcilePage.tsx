import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useFlows } from '../../shared/api/flowNames';
import { useMay } from '../../shared/api/session';
import type { Reconciliation } from '../../shared/api/types';
import { Empty } from '../../shared/ui/Empty';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { ScheduleWords } from '../../shared/schedule/Plan';
import { QueryView } from '../../shared/ui/QueryView';
import { When } from '../../shared/ui/When';
import { useReconciliations } from './api';
import { CheckDialog } from './components/CheckDialog';
import { Verdict } from './components/Verdict';

export default function ReconcilePage() {
  const { t } = useTranslation('reconcile');
  const navigate = useNavigate();
  const mayEdit = useMay('edit');
  const checks = useReconciliations();
  const [params, setParams] = useSearchParams();
  const creating = params.get('new') === '1' && mayEdit;
  const newButton = mayEdit && (
    <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => setParams({ new: '1' })}>
      {t('new')}
    </Button>
  );
  return (
    <>
      <PageHeader title={t('title')} lead={t('lead')} actions={newButton} />
      <div className={panel.panel}>
        <QueryView query={checks}>
          {(items) => (items.length === 0 ? <Empty title={t('empty.title')} text={t('empty.text')}>{newButton}</Empty> : <Checks items={items} />)}
        </QueryView>
      </div>
      {creating && <CheckDialog onDone={(id) => void navigate(`/reconcile/${id}`)} onClose={() => setParams({})} />}
    </>
  );
}

function Checks({ items }: { items: Reconciliation[] }) {
  const { t } = useTranslation('reconcile');
  const flows = useFlows();
  const nameOf = (id: string) => flows.data?.find((flow) => flow.id === id)?.title ?? id;
  return (
    <div className={panel.scroll}>
      <table className={panel.table} aria-label={t('title')}>
        <thead>
          <tr>
            <th scope="col">{t('column.title')}</th>
            <th scope="col">{t('column.source')}</th>
            <th scope="col">{t('column.target')}</th>
            <th scope="col">{t('column.last')}</th>
            <th scope="col">{t('column.when')}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((check) => (
            <tr key={check.id}>
              <td>
                <Link to={`/reconcile/${check.id}`} className={panel.strong}>
                  {check.title}
                </Link>
                <div className={panel.sub}>
                  {t('days', { count: check.days })}
                  {check.schedule !== undefined && <> · <ScheduleWords crons={[check.schedule]} /></>}
                </div>
              </td>
              <td>
                <Link to={`/flows/${check.source.flow}/overview`}>{nameOf(check.source.flow)}</Link>
              </td>
              <td>
                <Link to={`/flows/${check.target.flow}/overview`}>{nameOf(check.target.flow)}</Link>
              </td>
              <td>{check.last === undefined ? <span className={panel.sub}>{t('never')}</span> : <Verdict run={check.last} />}</td>
              <td className={panel.sub}>{check.last !== undefined && <When time={check.last.endedAt ?? check.last.startedAt} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
