import { Button, Drawer } from 'antd';
import { useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useConnectors } from '../api/catalog';
import type { Connection, Connector } from '../api/types';
import { useText } from '../i18n/useText';
import { useDialogs } from '../ui/dialogs';
import { Empty } from '../ui/Empty';
import { QueryView } from '../ui/QueryView';
import styles from './Connections.module.css';
import { ConnectionForm } from './ConnectionForm';
import { ConnectorMark } from './ConnectorMark';

interface Props {
  existing?: Connection | undefined;
  /** The system a new connection must be of; without it a person chooses. */
  connector?: string | undefined;
  onClose: () => void;
  onSaved?: (name: string) => void;
  /** What a page shows of a stored connection below its form. */
  children?: ReactNode;
}

/** Creates a connection - choose the system, then fill in the account - or changes one. */
export default function ConnectionDrawer({ existing, connector: fixed, onClose, onSaved, children }: Props) {
  const { t } = useTranslation('connections');
  const text = useText();
  const connectors = useConnectors();
  const { ask } = useDialogs();
  const [chosen, setChosen] = useState<string | undefined>(existing?.connector ?? fixed);
  const filled = useRef(false);
  // A click beside the drawer or Escape must not take away what somebody filled in.
  const leave = () => {
    if (!filled.current) return onClose();
    ask({ title: t('common:leave.title'), text: t('common:leave.text'), submit: t('common:leave.ok'), cancel: t('common:leave.stay'), danger: true, onConfirm: async () => onClose() });
  };

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

  const done = (name: string) => {
    onSaved?.(name);
    onClose();
  };
  const title = existing !== undefined ? t('editOf', { name: existing.name }) : t('new');
  return (
    <Drawer open title={title} size={520} onClose={leave} destroyOnHidden closable={{ 'aria-label': t('common:action.cancel') }}>
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
              {existing === undefined && fixed === undefined && (
                <Button type="link" className={styles.again} onClick={() => setChosen(undefined)}>
                  ← {t('chooseAgain')}
                </Button>
              )}
              <ConnectionForm connector={connector} existing={existing} onFilled={() => (filled.current = true)} onDone={done} onCancel={onClose} />
              {children}
            </>
          );
        }}
      </QueryView>
    </Drawer>
  );
}
