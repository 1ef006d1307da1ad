import { FileZipOutlined } from '@ant-design/icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { asApiError } from '../../../shared/api/errors';
import { useMay } from '../../../shared/api/session';
import { useText } from '../../../shared/i18n/useText';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { useDialogs } from '../../../shared/ui/dialogs';
import { FileDrop } from '../../../shared/ui/FileDrop';
import panel from '../../../shared/ui/Panel.module.css';
import { TrustTag } from '../../../shared/ui/TrustTag';
import { useInspectTemplate, useOwnTemplates } from '../api';
import styles from '../Market.module.css';
import { Needs } from './Needs';

/** Takes a package, shows what is in it and who vouches for it, and imports it only then. */
export default function ImportDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('market');
  const text = useText();
  const navigate = useNavigate();
  const { toast } = useDialogs();
  const administers = useMay('administer');
  const inspect = useInspectTemplate();
  const { take } = useOwnTemplates();
  const [file, setFile] = useState<File>();
  const [unsigned, setUnsigned] = useState(false);
  const seen = inspect.data;
  const error = take.error ?? inspect.error;
  const stands = seen === undefined || seen.here || seen.problems.length > 0 || (seen.objections.length > 0 && !unsigned);

  const choose = (next: File) => {
    setFile(next);
    setUnsigned(false);
    take.reset();
    inspect.reset();
    inspect.mutate(next);
  };
  const send = () => {
    if (file === undefined || seen === undefined) return;
    take.mutate({ file, sum: seen.sum, unsigned }, {
      onSuccess: ({ id, title, version }) => {
        toast(t('import.done', { title: text(title), version }));
        void navigate(`/market/${id}`);
      },
    });
  };

  return (
    <Dialog
      title={t('import.title')} size="large" submit={t('import.do')} cancel={t('common:action.cancel')} pending={take.isPending || inspect.isPending}
      disabled={stands} danger={unsigned} dismissable={file === undefined} onSubmit={send} onClose={onClose}
    >
      {error !== null && (
        <Banner tone="err" title={asApiError(error).message}>
          {asApiError(error).hint} <code>{asApiError(error).code}</code>
        </Banner>
      )}
      <FileDrop
        title={file === undefined ? t('import.drop') : file.name}
        hint={t(file === undefined ? 'import.formats' : 'import.another')}
        accept=".kzt,.zip"
        icon={file === undefined ? undefined : <FileZipOutlined aria-hidden="true" />}
        onChoose={choose}
      />
      <div aria-live="polite" aria-busy={inspect.isPending} className={styles.seen}>
        {inspect.isPending && <p className={panel.sub}>{t('import.reading')}</p>}
        {seen !== undefined && (
          <>
            <h3>
              {text(seen.template.title)} {seen.template.version} <TrustTag status={seen.template.status} by={seen.template.signer} loose="template" />
            </h3>
            <p>{text(seen.template.summary)}</p>
            <p className={panel.sub}>
              {seen.template.author} · {seen.template.licence} · {t('flows', { count: seen.template.flows })}
            </p>
            {seen.here && <Banner tone="info" title={t('import.here')} />}
            {seen.problems.map(({ code, path, message, hint }) => (
              <Banner key={code + path} tone="err" title={message}>
                {hint} {path !== '' && <code>{path}</code>}
              </Banner>
            ))}
            {seen.objections.map(({ code, message, hint }) => (
              <Banner key={code} tone="warn" title={message}>
                <span>{hint}</span>
                {administers ? (
                  <label>
                    <input type="checkbox" checked={unsigned} onChange={(event) => setUnsigned(event.target.checked)} /> {t('import.allow')}
                  </label>
                ) : (
                  <span>{t('import.askAdministrator')}</span>
                )}
              </Banner>
            ))}
            <Needs template={seen.template} />
          </>
        )}
      </div>
    </Dialog>
  );
}
