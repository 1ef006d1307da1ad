import { UploadOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { lazy, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '../../shared/api/session';
import { Empty } from '../../shared/ui/Empty';
import { HelpLink } from '../../shared/ui/HelpLink';
import { Later } from '../../shared/ui/Later';
import { PageHeader } from '../../shared/ui/PageHeader';
import panel from '../../shared/ui/Panel.module.css';
import { QueryView } from '../../shared/ui/QueryView';
import { usePlugins } from './api';
import { PluginPanel } from './components/PluginPanel';
import styles from './Plugins.module.css';

const InstallDialog = lazy(() => import('./components/InstallDialog'));

/** The connectors that are there, with their versions and who vouches for them. */
export default function PluginsPage() {
  const { t } = useTranslation('plugins');
  const plugins = usePlugins();
  const may = useMay('administer');
  const [installing, setInstalling] = useState(false);
  const button = may ? (
    <Button type="primary" icon={<UploadOutlined aria-hidden="true" />} onClick={() => setInstalling(true)}>
      {t('install.do')}
    </Button>
  ) : undefined;
  return (
    <>
      <PageHeader title={t('title')} lead={t('lead')} marks={<HelpLink to="deployment#connectors" title={t('title')} />} actions={button} />
      <QueryView query={plugins}>
        {({ items }) =>
          items.length === 0 ? (
            <div className={panel.panel}>
              <Empty title={t('empty.title')} text={t('empty.text')}>
                {button}
              </Empty>
            </div>
          ) : (
            <ul className={styles.list}>
              {items.map((one) => (
                <li key={one.id}>
                  <PluginPanel plugin={one} />
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
      {installing && (
        <Later onClose={() => setInstalling(false)}>
          <InstallDialog onClose={() => setInstalling(false)} />
        </Later>
      )}
    </>
  );
}
