import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useConnectors } from '../../../shared/api/catalog';
import type { Template } from '../../../shared/api/types';
import { ConnectorMark } from '../../../shared/connections/ConnectorMark';
import { useText } from '../../../shared/i18n/useText';
import { TrustTag } from '../../../shared/ui/TrustTag';
import styles from '../Market.module.css';

/** A template: what joins what, for whom, and whether it can be had here. */
export function TemplateCard({ template, titleOf }: { template: Template; titleOf: (connector: string) => string }) {
  const { t } = useTranslation('market');
  const text = useText();
  const connectors = useConnectors();
  const missing = template.needs.filter(({ fits }) => !fits);
  return (
    <article className={styles.card} aria-label={text(template.title)}>
      <div className={styles.systems}>
        {[...new Set(template.systems)].map((id) => (
          <ConnectorMark key={id} id={id} title={titleOf(id)} icon={connectors.data?.find((one) => one.id === id)?.icon} />
        ))}
        <span className={styles.industry}>{text(template.industry)}</span>
      </div>
      <h2>
        <Link to={`/market/${template.id}`}>{text(template.title)}</Link>
      </h2>
      <p>{text(template.summary)}</p>
      <footer>
        <span>{t('flows', { count: template.flows })}</span>
        <span>{template.version}</span>
        <span>{template.author}</span>
        {template.origin === 'workspace' && <TrustTag status={template.status} by={template.signer} loose="template" />}
        {missing.length > 0 && <span className={styles.lacking}>{t('lacking', { names: missing.map(({ connector }) => titleOf(connector)).join(', ') })}</span>}
      </footer>
    </article>
  );
}
