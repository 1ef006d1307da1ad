import { Button, Drawer } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConnectors } from '../../../shared/api/catalog';
import type { Connection, Connector } from '../../../shared/api/types';
import { useText } from '../../../shared/i18n/useText';
import { Empty } from '../../../shared/ui/Empty';
import { QueryView } from '../../../shared/ui/QueryView';
import styles from '../Connections.module.css';
import { BaseData } from './BaseData';
import { ConnectionForm } from './ConnectionForm';
import { ConnectorMark } from './ConnectorMark';

interface Props {
  existing: Connection | undefined;
  onClose: () => void;
}

/** Creates a connection - choose the system, then fill in the account - or changes one. */
export default function ConnectionDrawer({ existing, onClose }: Props) {
  const { t } = useTranslation('connections');
  const text = useText();
  const connectors = useConnectors();
  const [chosen, setChosen] = useState<string | undefined>(existing?.connector);

  const choose = (items: Connector[]) => {
    if (items.length === 0) return <Empty art="dry" title={t('noConnectors.title')} text={t('noConnectors.text')} />;
    return (
      <ul className={styles.choices}>
        {items.map((connector) => (
          <li key={connector.id}>
            <button type="button" disabled={connector.fault !== undefined} onClick={() => setChosen(connector.id)}>
              <ConnectorMark id={connector.id} title={text(connector.title)} icon={connector.icon} />
              <span>
                <b>{text(connector.title)}</b>
                <small>{connector.fault === undefined ? t('operations', { count: connector.operations.length, version: connector.version }) : connector.fault.message}</small>
              </span>
            </button>
          </li>
        ))}
      </ul>
    );
  };

  const title = existing !== undefined ? t('editOf', { name: existing.name }) : t('new');
  return (
    <Drawer open title={title} size={520} onClose={onClose} destroyOnHidden closable={{ 'aria-label': t('common:action.cancel') }}>
      <QueryView query={connectors}>
        {(items) => {
          if (chosen === undefined) {
            return (
              <>
                <p className={styles.step}>{t('choose')}</p>
                {choose(items)}
              </>
            );
          }
          const connector = items.find(({ id }) => id === chosen);
          if (connector === undefined) return <Empty art="dry" title={t('gone.title')} text={t('gone.text', { id: chosen })} />;
          return (
            <>
              {existing === undefined && (
                <Button type="link" className={styles.again} onClick={() => setChosen(undefined)}>
                  ← {t('chooseAgain')}
                </Button>
              )}
              <ConnectionForm connector={connector} existing={existing} onDone={onClose} onCancel={onClose} />
              {existing !== undefined && <BaseData name={existing.name} />}
            </>
          );
        }}
      </QueryView>
    </Drawer>
  );
}
