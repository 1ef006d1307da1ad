import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useMay } from '../../../shared/api/session';
import type { Plugin, PluginFault, PluginVersion } from '../../../shared/api/types';
import { useText } from '../../../shared/i18n/useText';
import { Banner } from '../../../shared/ui/Banner';
import { useDialogs } from '../../../shared/ui/dialogs';
import { nodePage } from '../../../shared/ui/nodePage';
import panel from '../../../shared/ui/Panel.module.css';
import { When } from '../../../shared/ui/When';
import { TrustTag } from '../../../shared/ui/TrustTag';
import { usePluginActions } from '../api';
import tag from '../../../shared/ui/Tag.module.css';
import styles from '../Plugins.module.css';
import { ActivateDialog } from './ActivateDialog';
import { PinDialog } from './PinDialog';
import { PluginIcon } from './PluginIcon';
import { Isolation, IsolationTag } from './Isolation';

/** One connector: what serves, what else is there, and what it offers. */
export function PluginPanel({ plugin }: { plugin: Plugin }) {
  const { t } = useTranslation('plugins');
  const text = useText();
  const may = useMay('administer');
  const [next, setNext] = useState<string>();
  const [pinning, setPinning] = useState(false);
  const serving = plugin.versions.find(({ active }) => active);
  const title = text(plugin.title) || plugin.id;
  return (
    <section className={panel.panel} aria-label={title}>
      <div className={panel.head}>
        <div className={styles.name}>
          <PluginIcon plugin={plugin} />
          <h2>{title}</h2>
          <code>{plugin.id}</code>
          {serving !== undefined && <TrustTag status={serving.status} by={serving.keyName} />}
          <IsolationTag isolation={plugin.isolation} />
          {plugin.pinned && <span className={tag.tag}>{t('pin.on')}</span>}
        </div>
        <div className={styles.actions}>
          <Link to={`/plugins/${plugin.id}`} aria-label={t('pages.openOf', { title })}>
            {t('pages.open')}
          </Link>
          {may && plugin.packaged && (
            <>
              {plugin.previous !== undefined && plugin.versions.some(({ version }) => version === plugin.previous) && (
                <Button size="small" onClick={() => setNext(plugin.previous)}>
                  {t('rollback.do', { version: plugin.previous })}
                </Button>
              )}
              <Button size="small" onClick={() => setPinning(true)} title={t('pin.text')}>
                {t(plugin.pinned ? 'pin.undo' : 'pin.do')}
              </Button>
            </>
          )}
        </div>
      </div>
      {plugin.fault !== undefined && <Refused fault={plugin.fault} />}
      {serving?.fault !== undefined && <Refused fault={serving.fault} />}
      <div className={panel.scroll}>
        <table className={panel.table} aria-label={t('versions', { title })}>
          <thead>
            <tr>
              <th scope="col">{t('version')}</th>
              <th scope="col">{t('trust')}</th>
              <th scope="col">{t('installed')}</th>
              <th scope="col">{t('says')}</th>
              <th scope="col">
                <span className="kz-sr">{t('common:action.more')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {plugin.versions.map((one) => (
              <Row key={`${one.version} ${one.status === 'loose' ? 'loose' : ''}`} plugin={plugin} version={one} may={may} onActivate={() => setNext(one.version)} />
            ))}
          </tbody>
        </table>
      </div>
      <details className={styles.operations}>
        <summary>
          {[
            (plugin.operations.length > 0 || plugin.nodes.length === 0) && t('operations', { count: plugin.operations.length }), plugin.nodes.length > 0 && t('nodes', { count: plugin.nodes.length }),
            (plugin.connections > 0 || plugin.operations.length > 0) && t('connections', { count: plugin.connections }),
          ].filter(Boolean).join(' · ')}
        </summary>
        <ul>
          {plugin.operations.map((one) => (
            <li key={one.name}>
              <span className={tag.tag}>{t(`kind.${one.kind}`)}</span>
              {text(one.title)} <code>{one.name}</code>
            </li>
          ))}
          {plugin.nodes.map((one) => (
            <li key={one.type}>
              <span className={tag.tag}>{t('effect.part.node')}</span>
              <Link to={`/help/${nodePage(one.type)}`}>{text(one.title) || one.type}</Link> <code>{one.type}</code>
            </li>
          ))}
        </ul>
      </details>
      <Isolation isolation={plugin.isolation} />
      {pinning && <PinDialog plugin={plugin} title={title} onClose={() => setPinning(false)} />}
      {next !== undefined && <ActivateDialog id={plugin.id} title={title} version={next} onClose={() => setNext(undefined)} />}
    </section>
  );
}

/** Why something is not started. */
function Refused({ fault }: { fault: PluginFault }) {
  return (
    <div className={styles.refused}>
      <Banner tone="err" title={fault.message}>
        {fault.hint}
      </Banner>
    </div>
  );
}

function Row({ plugin, version, may, onActivate }: { plugin: Plugin; version: PluginVersion; may: boolean; onActivate: () => void }) {
  const { t } = useTranslation('plugins');
  const { ask, toast } = useDialogs();
  const { remove } = usePluginActions();
  const loose = version.status === 'loose';
  const question = () =>
    ask({
      title: t('remove.title', { version: version.version }), text: t('remove.text'), submit: t('remove.do'), danger: true,
      onConfirm: () => remove.mutateAsync({ id: plugin.id, version: version.version }).then(() => toast(t('remove.done', { version: version.version }))),
    });
  return (
    <tr data-active={version.active}>
      <td>
        <b>{version.version}</b>
        {version.active && <span className={styles.serves}>{t('serves')}</span>}
      </td>
      <td>
        <TrustTag status={version.status} by={version.keyName} />
        {version.keyName !== undefined && <span className={styles.who}>{version.keyName}</span>}
      </td>
      <td className={panel.sub}>
        {loose ? t('beside') : <When time={version.installedAt} />}
        {version.installedBy !== undefined && ` · ${version.installedBy}`}
      </td>
      <td className={styles.says}>
        {version.fault !== undefined && !version.active ? <span className={styles.wrong}>{version.fault.message}</span> : [version.publisher, ...version.hosts].filter(Boolean).join(' · ')}
      </td>
      <td className={panel.num}>
        {may && !loose && !version.active && version.fault === undefined && (
          <Button size="small" type="text" onClick={onActivate} aria-label={t('activate.of', { version: version.version })}>
            {t('activate.do')}
          </Button>
        )}
        {may && !loose && (
          <Button size="small" type="text" danger onClick={question} aria-label={t('remove.of', { version: version.version })}>
            {t('remove.do')}
          </Button>
        )}
      </td>
    </tr>
  );
}
