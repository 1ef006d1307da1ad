import { useTranslation } from 'react-i18next';
import type { TemplateDraft } from '../../../shared/api/types';
import { Banner } from '../../../shared/ui/Banner';
import { Trouble } from '../../../shared/ui/Trouble';
import styles from '../Market.module.css';
import { Needs } from './Needs';

interface Props {
  draft: { data: TemplateDraft | undefined; error: unknown; isFetching: boolean } | undefined;
}

/** What stands against publishing, or that nothing does, and what copies of it will need. */
export function Verdict({ draft }: Props) {
  const { t } = useTranslation('market');
  if (draft === undefined) return <Banner tone="info" title={t('publish.chooseFirst')} />;
  if (draft.error !== null) return <Trouble error={draft.error} />;
  if (draft.data === undefined) return <Banner tone="info" title={t('publish.making')} />;
  const { template, problems, secrets } = draft.data;
  return (
    <div className={styles.aside} aria-live="polite" aria-busy={draft.isFetching}>
      {problems.length === 0 && secrets.length === 0 && <Banner tone="ok" title={t('publish.fine')}>{`${template.id} ${template.version}`}</Banner>}
      {secrets.length > 0 && (
        <Banner tone="err" title={t('publish.secrets', { count: secrets.length })}>
          <span>{t('publish.secretsHint')}</span>
          <ul>
            {secrets.map(({ path, reason }) => (
              <li key={path}>
                {reason} <code>{path}</code>
              </li>
            ))}
          </ul>
        </Banner>
      )}
      {problems.map(({ code, path, message, hint }) => (
        <Banner key={code + path} tone="err" title={message}>
          {hint} {path !== '' && <code>{path}</code>}
        </Banner>
      ))}
      <Needs template={template} />
    </div>
  );
}
