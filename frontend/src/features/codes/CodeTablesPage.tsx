import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useMay } from '../../shared/api/session';
import type { CodeTable } from '../../shared/api/types';
import { formatCount } from '../../shared/lib/format';
import { Empty } from '../../shared/ui/Empty';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { Tabs } from '../../shared/ui/Tabs';
import { When } from '../../shared/ui/When';
import { useCodeTables } from '../../shared/api/catalog';
import styles from './Codes.module.css';
import { CreateDialog } from './components/TableDialogs';
import { MissingCodes } from './components/MissingCodes';
import { MissingLabel } from './components/MissingLabel';
import { TableMenu } from './components/TableMenu';
import { Users } from './components/Users';

export default function CodeTablesPage() {
  const { t, i18n } = useTranslation('codes');
  const navigate = useNavigate();
  const mayEdit = useMay('edit');
  const tables = useCodeTables();
  const [params, setParams] = useSearchParams();
  const creating = params.get('new') === '1' && mayEdit;
  const missing = tables.data?.reduce((sum, table) => sum + table.missing, 0) ?? 0;
  const newButton = mayEdit && (
    <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => setParams({ new: '1' })}>
      {t('new')}
    </Button>
  );
  return (
    <>
      <PageHeader title={t('title')} lead={t('lead')} actions={newButton} />
      <div className={panel.panel}>
        <div className={styles.tabs}>
          <Tabs
            label={t('title')}
            active={params.get('tab') === 'missing' ? 'missing' : 'tables'}
            onChange={(key) => setParams(key === 'missing' ? { tab: key } : {}, { replace: true })}
            tabs={[
              {
                key: 'tables', label: t('tab.tables'),
                content: (
                  <QueryView query={tables}>
                    {(items) => (items.length === 0 ? <Empty title={t('empty.title')} text={t('empty.text')}>{newButton}</Empty> : <TableList tables={items} />)}
                  </QueryView>
                ),
              },
              { key: 'missing', label: <MissingLabel count={missing} language={i18n.language} />, content: <MissingCodes /> },
            ]}
          />
        </div>
      </div>
      {creating && <CreateDialog onDone={(table) => void navigate(`/codes/${table.id}`)} onClose={() => setParams({})} />}
    </>
  );
}

function TableList({ tables }: { tables: CodeTable[] }) {
  const { t, i18n } = useTranslation('codes');
  const number = (value: number) => formatCount(value, i18n.language);
  return (
    <div className={panel.scroll}>
      <table className={panel.table} aria-label={t('title')}>
        <thead>
          <tr>
            <th scope="col">{t('column.table')}</th>
            <th scope="col" className={panel.num}>{t('column.rows')}</th>
            <th scope="col">{t('column.missing')}</th>
            <th scope="col">{t('column.usedBy')}</th>
            <th scope="col">{t('column.updated')}</th>
            <th scope="col">
              <span className="kz-sr">{t('common:action.more')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tables.map((table) => (
            <tr key={table.id}>
              <td className={styles.title}>
                <Link to={`/codes/${table.id}`} className={panel.strong}>
                  {table.title}
                </Link>
                <div className={panel.sub}>
                  <code>{table.name}</code>
                </div>
              </td>
              <td className={panel.num}>{number(table.rows)}</td>
              <td>
                {table.missing === 0 ? (
                  <span className={panel.sub}>{t('common:state.none')}</span>
                ) : (
                  <Link to={`/codes/${table.id}?tab=missing`} className={styles.waits}>
                    {t('missingCodes', { count: table.missing, shown: number(table.missing) })}
                    <small>{t('waitingDocuments', { count: table.waiting, shown: number(table.waiting) })}</small>
                  </Link>
                )}
              </td>
              <td>
                <Users users={table.usedBy} />
              </td>
              <td className={panel.sub}>
                <When time={table.updatedAt} />
              </td>
              <td className={styles.menu}>
                <TableMenu table={table} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
