import { UploadOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { lazy, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { useMay } from '../../shared/api/session';
import type { CodeTable } from '../../shared/api/types';
import { formatCount } from '../../shared/lib/format';
import { Banner } from '../../shared/ui/Banner';
import { ExportMenu } from '../../shared/ui/ExportMenu';
import { Later } from '../../shared/ui/Later';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { Tabs } from '../../shared/ui/Tabs';
import { fetchExport, useCodeTable } from './api';
import styles from './Codes.module.css';
import { MissingCodes } from './components/MissingCodes';
import { MissingLabel } from './components/MissingLabel';
import { RowsTab } from './components/RowsTab';
import { TableMenu } from './components/TableMenu';
import { Users } from './components/Users';

const ImportDialog = lazy(() => import('./components/ImportDialog'));

export default function CodeTablePage() {
  const { tableId = '' } = useParams();
  const table = useCodeTable(tableId);
  return <QueryView query={table}>{(data) => <Table key={data.id} table={data} />}</QueryView>;
}

function Table({ table }: { table: CodeTable }) {
  const { t, i18n } = useTranslation('codes');
  const navigate = useNavigate();
  const mayFill = useMay('operate');
  const [params, setParams] = useSearchParams();
  const [importing, setImporting] = useState(false);
  const shared = params.get('shared') === '1';

  return (
    <>
      <PageHeader
        title={table.title}
        back={{ to: '/codes', label: t('title') }}
        marks={<code className={styles.name} title={t('nameHint')}>{table.name}</code>}
        lead={
          <span className={styles.lead}>
            {t('rowCount', { count: table.rows, shown: formatCount(table.rows, i18n.language) })}
            <span aria-hidden="true">·</span>
            {table.usedBy.length > 0 && <span>{t('usedBy')}</span>}
            <Users users={table.usedBy} />
          </span>
        }
        actions={
          <>
            <ExportMenu name={table.title} fetch={(format, signal) => fetchExport(table.id, format, signal)} />
            {mayFill && (
              <Button icon={<UploadOutlined aria-hidden="true" />} onClick={() => setImporting(true)}>
                {t('import.button')}
              </Button>
            )}
            <TableMenu table={table} onDeleted={() => void navigate('/codes')} />
          </>
        }
      />
      {table.ambiguous > 0 && (
        <div className={styles.warning}>
          <Banner
            tone="warn"
            title={t('ambiguous.title', { count: table.ambiguous, shown: formatCount(table.ambiguous, i18n.language) })}
            actions={
              !shared && (
                <Button size="small" onClick={() => setParams({ shared: '1' }, { replace: true })}>
                  {t('ambiguous.show')}
                </Button>
              )
            }
          >
            {t('ambiguous.text')}
          </Banner>
        </div>
      )}
      <div className={panel.panel}>
        <div className={styles.tabs}>
          <Tabs
            label={table.title}
            active={params.get('tab') === 'missing' ? 'missing' : 'rows'}
            onChange={(key) => setParams(key === 'missing' ? { tab: key } : {}, { replace: true })}
            tabs={[
              {
                key: 'rows', label: t('tab.rows'),
                content: <RowsTab table={table} shared={shared} onShared={(on) => setParams(on ? { shared: '1' } : {}, { replace: true })} onImport={() => setImporting(true)} />,
              },
              { key: 'missing', label: <MissingLabel count={table.missing} language={i18n.language} />, content: <MissingCodes table={table.id} /> },
            ]}
          />
        </div>
      </div>
      {importing && (
        <Later onClose={() => setImporting(false)}>
          <ImportDialog table={table} onClose={() => setImporting(false)} />
        </Later>
      )}
    </>
  );
}
