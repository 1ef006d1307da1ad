import { DeleteOutlined, EditOutlined, MoreOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { asApiError } from '../../../shared/api/errors';
import { useMay } from '../../../shared/api/session';
import type { Connection, Connector } from '../../../shared/api/types';
import { CheckAnswer } from '../../../shared/connections/CheckAnswer';
import styles from '../../../shared/connections/Connections.module.css';
import { ConnectorMark } from '../../../shared/connections/ConnectorMark';
import { useText } from '../../../shared/i18n/useText';
import { useDialogs } from '../../../shared/ui/dialogs';
import { Menu } from '../../../shared/ui/Menu';
import { When } from '../../../shared/ui/When';
import { useCheckStored, useRemove } from '../api';
import { Traffic } from './Traffic';

interface Props {
  connection: Connection;
  connector: Connector | undefined;
  onEdit: () => void;
}

export function ConnectionCard({ connection, connector, onEdit }: Props) {
  const { t } = useTranslation('connections');
  const text = useText();
  const mayEdit = useMay('edit');
  const mayOperate = useMay('operate');
  const { ask, toast } = useDialogs();
  const check = useCheckStored();
  const remove = useRemove();
  const used = connection.usedBy ?? [];

  const confirmDelete = () =>
    ask({
      title: t('delete.title', { name: connection.name }), text: t('delete.text'), submit: t('common:action.delete'), danger: true,
      onConfirm: () => remove.mutateAsync(connection.name).then(() => toast(t('delete.done', { name: connection.name }))),
    });

  return (
    <article className={styles.card} aria-label={connection.name} id={connection.name}>
      <header className={styles.cardHead}>
        <ConnectorMark id={connection.connector} title={text(connector?.title)} icon={connector?.icon} />
        <div className={styles.cardName}>
          <h2>{connection.name}</h2>
          <p>
            {text(connector?.title) || connection.connector}
            {connection.version !== undefined && connection.version !== '' && <span> {connection.version}</span>}
          </p>
        </div>
        {mayEdit && (
          <Menu
            label={t('menuOf', { name: connection.name })}
            button={<MoreOutlined aria-hidden="true" />}
            items={[
              { key: 'edit', label: t('common:action.edit'), icon: <EditOutlined aria-hidden="true" />, onSelect: onEdit },
              { key: 'delete', label: t('common:action.delete'), icon: <DeleteOutlined aria-hidden="true" />, danger: true, onSelect: confirmDelete },
            ]}
          />
        )}
      </header>
      {connector?.fault !== undefined && <CheckAnswer answer={{ ok: false, tookMs: 0, ...connector.fault }} />}
      {connection.trouble !== undefined && (
        <div className={styles.answer}>
          <CheckAnswer answer={{ ok: false, tookMs: 0, ...connection.trouble }} />
          <p className={styles.when}>
            {t('trouble')} <When time={connection.trouble.since} />
          </p>
        </div>
      )}
      <Traffic name={connection.name} />
      <p className={styles.used}>
        {used.length === 0 ? (
          t('unused')
        ) : (
          <>
            {t('usedBy', { count: used.length })}{' '}
            {used.slice(0, 2).map((flow) => (
              <Link key={flow.id} to={`/flows/${flow.id}/design`}>
                {flow.title}
              </Link>
            ))}
          </>
        )}
      </p>
      <div className={styles.answer} role="status">
        {check.data !== undefined && <CheckAnswer answer={check.data} />}
        {check.error !== null && <CheckAnswer answer={{ ok: false, tookMs: 0, message: asApiError(check.error).message, hint: asApiError(check.error).hint }} />}
      </div>
      <footer className={styles.cardFoot}>
        <span className={styles.when}>
          {t('changed')} <When time={connection.updatedAt} />
        </span>
        {mayEdit && (
          <Button size="small" type="text" onClick={onEdit} aria-label={t('editOf', { name: connection.name })}>
            {t('common:action.edit')}
          </Button>
        )}
        {mayOperate && (
          <Button size="small" loading={check.isPending} onClick={() => check.mutate(connection.name)} aria-label={t('check.of', { name: connection.name })}>
            {t('check.do')}
          </Button>
        )}
      </footer>
    </article>
  );
}
