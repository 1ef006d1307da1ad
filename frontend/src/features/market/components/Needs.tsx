import { CheckCircleFilled, WarningFilled } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { TemplateDetail } from '../../../shared/api/types';
import { useText } from '../../../shared/i18n/useText';
import panel from '../../../shared/ui/Panel.module.css';
import styles from '../Market.module.css';

/** What a template needs: connections of systems, other flows, parameters, code tables. */
export function Needs({ template }: { template: TemplateDetail }) {
  const { t } = useTranslation('market');
  const text = useText();
  const needOf = (connector: string) => template.needs.find((one) => one.connector === connector);
  return (
    <section className={`${panel.panel} ${styles.box}`}>
      <h2>{t('needs')}</h2>
      <ul className={styles.needs}>
        {template.connections.map(({ slot, connector, title, versions }) => {
          const need = needOf(connector);
          const fits = need?.fits === true;
          return (
            <li key={slot} data-fits={fits}>
              {fits ? <CheckCircleFilled aria-hidden="true" /> : <WarningFilled aria-hidden="true" />}
              <span>
                {t('connectionOf', { title: text(title) })}
                <small>
                  {connector} {versions}
                </small>
                {!fits && (
                  <Link to="/plugins">
                    {need?.installed === undefined || need.installed === '' ? t('install', { connector }) : t('upgrade', { connector, installed: need.installed })}
                  </Link>
                )}
              </span>
            </li>
          );
        })}
        {template.flowSlots.map(({ alias, title }) => (
          <li key={alias}>
            <span>{t('flowOf', { title: text(title) })}</span>
          </li>
        ))}
        {template.params.length > 0 && (
          <li>
            <span>{t('paramsOf', { names: template.params.map(({ title, key }) => text(title) || key).join(', ') })}</span>
          </li>
        )}
        {template.codeTables.map(({ name, title, rows }) => (
          <li key={name}>
            <span>{t('tableOf', { title: text(title) || name, count: rows })}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
