import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { lazy, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useSearchParams } from 'react-router';
import { useConnections, useConnectors } from '../../shared/api/catalog';
import { useMay } from '../../shared/api/session';
import styles from '../../shared/connections/Connections.module.css';
import { Empty } from '../../shared/ui/Empty';
import { Later } from '../../shared/ui/Later';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { ConnectionCard } from './components/ConnectionCard';

const ConnectionDrawer = lazy(() => import('../../shared/connections/ConnectionDrawer'));
const BaseData = lazy(() => import('./components/BaseData'));

export default function ConnectionsPage() {
  const { t } = useTranslation('connections');
  const mayEdit = useMay('edit');
  const connections = useConnections();
  const connectors = useConnectors();
  const [params, setParams] = useSearchParams();
  const editing = params.get('edit');
  const creating = params.get('new') !== null;
  const open = (key: string, value: string) => setParams({ [key]: value });
  const close = () => setParams({});
  const newButton = mayEdit && (
    <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => open('new', '1')}>
      {t('new')}
    </Button>
  );
  const existing = connections.data?.find((one) => one.name === editing);
  // A link to one connection brings its card into view, once the cards are there.
  const { hash } = useLocation();
  const listed = connections.data !== undefined;
  useEffect(() => {
    if (listed && hash !== '') document.getElementById(decodeURIComponent(hash.slice(1)))?.scrollIntoView({ block: 'center' });
  }, [listed, hash]);

  return (
    <>
      <PageHeader title={t('title')} lead={t('lead')} actions={newButton} />
      <QueryView query={connections}>
        {(items) =>
          items.length === 0 ? (
            <div className={panel.panel}>
              <Empty title={t('empty.title')} text={t('empty.text')}>
                {newButton}
              </Empty>
            </div>
          ) : (
            <ul className={styles.cards}>
              {items.map((one) => (
                <li key={one.name}>
                  <ConnectionCard connection={one} connector={connectors.data?.find(({ id }) => id === one.connector)} onEdit={() => open('edit', one.name)} />
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
      {(creating || existing !== undefined) && mayEdit && (
        <Later onClose={close}>
          <ConnectionDrawer key={existing?.name ?? ''} existing={existing} onClose={close}>
            {existing !== undefined && <Later><BaseData name={existing.name} /></Later>}
          </ConnectionDrawer>
        </Later>
      )}
    </>
  );
}
