import { CloudDownloadOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useMay } from '../../../shared/api/session';
import type { TemplateRegistry } from '../../../shared/api/types';
import { useText } from '../../../shared/i18n/useText';
import { noticeOf, useDialogs } from '../../../shared/ui/dialogs';
import panel from '../../../shared/ui/Panel.module.css';
import { Trouble } from '../../../shared/ui/Trouble';
import { TrustTag } from '../../../shared/ui/TrustTag';
import { useOwnTemplates, useTemplateRegistry } from '../api';
import styles from '../Market.module.css';

/** The templates of the private registry that are not here, or are older here. Nothing where there is no registry. */
export function Registry() {
  const { t } = useTranslation('market');
  const registry = useTemplateRegistry();
  if (registry.error !== null) return <Trouble error={registry.error} onRetry={() => void registry.refetch()} />;
  if (registry.data === undefined || registry.data.from === '') return null;
  const { from, items } = registry.data;
  return (
    <section className={`${panel.panel} ${styles.box} ${styles.registry}`} aria-labelledby="registry">
      <h2 id="registry">{t('registry.title')}</h2>
      <p className={panel.sub}>
        {t('registry.from')} <code>{from}</code>
      </p>
      {items.length === 0 ? (
        <p>{t('registry.none')}</p>
      ) : (
        <div className={panel.scroll} tabIndex={0} role="group" aria-labelledby="registry">
          <table className={panel.table}>
            <thead>
              <tr>
                <th>{t('registry.template')}</th>
                <th>{t('fact.version')}</th>
                <th>{t('fact.status')}</th>
                <th>{t('fact.author')}</th>
                <th>{t('registry.here')}</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {items.map((one) => (
                <Entry key={one.id} entry={one} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Entry({ entry }: { entry: TemplateRegistry['items'][number] }) {
  const { t } = useTranslation('market');
  const text = useText();
  const navigate = useNavigate();
  const mayEdit = useMay('edit');
  const administers = useMay('administer');
  const { ask, tell, toast } = useDialogs();
  const { fetch } = useOwnTemplates();
  const { id, version, title, summary, status, signer, author, installed } = entry;
  const done = () => {
    toast(t('import.done', { title: text(title), version }));
    void navigate(`/market/${id}`);
  };
  const get = () => {
    if (status === 'unsigned' && administers) {
      ask({ title: t('registry.unsigned', { title: text(title) }), text: t('import.allow'), submit: t('registry.get'), danger: true, onConfirm: () => fetch.mutateAsync({ id, version, unsigned: true }).then(done) });
      return;
    }
    fetch.mutate({ id, version, unsigned: false }, { onSuccess: done, onError: (error) => tell(noticeOf(error, t('common:trouble.offline.title'))) });
  };
  return (
    <tr>
      <td className="strong">
        {text(title)}
        <div className={panel.sub}>{text(summary)}</div>
      </td>
      <td>{version}</td>
      <td>
        <TrustTag status={status} by={signer} loose="template" />
      </td>
      <td>{author}</td>
      <td>{installed === '' ? t('registry.no') : <Link to={`/market/${id}`}>{installed}</Link>}</td>
      <td>
        {mayEdit && installed !== version && (
          <Button icon={<CloudDownloadOutlined aria-hidden="true" />} loading={fetch.isPending} onClick={get}>
            {t('registry.get')}
          </Button>
        )}
      </td>
    </tr>
  );
}
