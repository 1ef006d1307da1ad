import { FileZipOutlined } from '@ant-design/icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../../../shared/api/errors';
import type { PluginInspection } from '../../../shared/api/types';
import { useText } from '../../../shared/i18n/useText';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { useDialogs } from '../../../shared/ui/dialogs';
import { FileDrop } from '../../../shared/ui/FileDrop';
import panel from '../../../shared/ui/Panel.module.css';
import { TrustTag } from '../../../shared/ui/TrustTag';
import { useInspect, usePluginActions } from '../api';
import styles from '../Plugins.module.css';
import { Effect } from './Effect';

/** The objections of a package, which an administrator may overrule one by one. */
const OVERRULED = { 'package.unsigned': 'unsigned', 'package.downgrade': 'downgrade' } as const;

/** Takes a package, shows what it is and what it would change, and installs it only then. */
export default function InstallDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('plugins');
  const text = useText();
  const { toast } = useDialogs();
  const inspect = useInspect();
  const { install } = usePluginActions();
  const [file, setFile] = useState<File>();
  const [allowed, setAllowed] = useState<ReadonlySet<string>>(new Set());
  const [inactive, setInactive] = useState(false);
  const seen = inspect.data;
  const error = install.error ?? inspect.error;
  const open = seen?.objections.filter(({ code }) => !allowed.has(code)) ?? [];

  const choose = (next: File) => {
    setFile(next);
    setAllowed(new Set());
    install.reset();
    inspect.reset();
    inspect.mutate(next);
  };
  const send = () => {
    if (file === undefined || seen === undefined) return;
    const chosen = { sum: seen.sum, inactive, unsigned: allowed.has('package.unsigned'), downgrade: allowed.has('package.downgrade') };
    install.mutate({ file, allowed: chosen }, {
      onSuccess: ({ serves }) => {
        toast(t(serves === seen.version ? 'install.doneServes' : 'install.done', { title: text(seen.title), version: seen.version }));
        onClose();
      },
    });
  };
  const allow = (code: string, on: boolean) => {
    const next = new Set(allowed);
    if (on) next.add(code);
    else next.delete(code);
    setAllowed(next);
  };

  return (
    <Dialog
      title={t('install.title')} size="large" submit={t('install.submit')} cancel={t('common:action.cancel')} pending={install.isPending || inspect.isPending}
      disabled={seen === undefined || open.length > 0} danger={allowed.size > 0} dismissable={file === undefined} onSubmit={send} onClose={onClose}
    >
      {error !== null && (
        <Banner tone="err" title={asApiError(error).message}>
          {asApiError(error).hint} <code>{asApiError(error).code}</code>
        </Banner>
      )}
      <FileDrop
        title={file === undefined ? t('install.drop') : file.name}
        hint={t(file === undefined ? 'install.formats' : 'install.another')}
        accept=".kzp,.zip"
        icon={file === undefined ? undefined : <FileZipOutlined aria-hidden="true" />}
        onChoose={choose}
      />
      <div aria-live="polite" aria-busy={inspect.isPending}>
        {inspect.isPending && <p className={panel.sub}>{t('install.reading')}</p>}
        {seen !== undefined && (
          <>
            <About seen={seen} />
            {seen.installed && <Banner tone="info" title={t('install.already')} />}
            {seen.objections.map(({ code, message, hint }) => (
              <Banner key={code} tone="warn" title={message}>
                <span>{hint}</span>
                {code in OVERRULED && (
                  <label className={styles.check}>
                    <input type="checkbox" checked={allowed.has(code)} onChange={(event) => allow(code, event.target.checked)} />
                    {t(`install.allow.${OVERRULED[code as keyof typeof OVERRULED]}`)}
                  </label>
                )}
              </Banner>
            ))}
            <Effect effect={seen.effect} />
            {seen.effect.from !== '' && (
              <label className={styles.check}>
                <input type="checkbox" checked={inactive} onChange={(event) => setInactive(event.target.checked)} />
                {t('install.inactive', { version: seen.effect.from })}
              </label>
            )}
          </>
        )}
      </div>
    </Dialog>
  );
}

/** What the package is, who vouches for it, and what it says it needs. */
function About({ seen }: { seen: PluginInspection }) {
  const { t } = useTranslation('plugins');
  const text = useText();
  const rows = [
    [t('version'), seen.version],
    [t('trust'), <TrustTag key="status" status={seen.status} by={seen.keyName} />],
    [t('signedBy'), seen.keyName ?? seen.key ?? ''],
    [t('publisher'), seen.publisher ?? ''],
    [t('hosts'), seen.hosts.join(', ')],
    [t('secrets'), seen.secrets.join(', ')],
  ] as const;
  return (
    <>
      <h3 className={styles.found}>
        {text(seen.title)} <code>{seen.id}</code>
      </h3>
      <dl className={styles.about}>
        {rows.filter(([, value]) => value !== '').map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className={panel.sub}>{t('notEnforced')}</p>
    </>
  );
}
