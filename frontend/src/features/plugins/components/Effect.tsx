import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { PluginEffect } from '../../../shared/api/types';
import { useText } from '../../../shared/i18n/useText';
import { Banner } from '../../../shared/ui/Banner';
import panel from '../../../shared/ui/Panel.module.css';
import tag from '../../../shared/ui/Tag.module.css';
import styles from '../Plugins.module.css';

/** How many changes are shown; a large connector may have thousands. */
const MOST = 200;

const touched = ({ operations, nodes }: PluginEffect['flows'][number]) => operations.length + nodes.length > 0;

/** What another version has otherwise, and which flows that concerns. */
export function Effect({ effect }: { effect: PluginEffect }) {
  const { t } = useTranslation('plugins');
  const text = useText();
  const breaking = effect.flows.filter((flow) => flow.breaking).length;
  const shown = [...effect.changes].sort((a, b) => Number(b.breaking) - Number(a.breaking)).slice(0, MOST);
  return (
    <div className={styles.effect}>
      {breaking > 0 && <Banner tone="warn" title={t('effect.breaks', { count: breaking })}>{t('effect.breaksText')}</Banner>}
      {effect.from !== effect.to && <h3>{effect.from === '' ? t('effect.first') : t('effect.changes', { from: effect.from, to: effect.to })}</h3>}
      {effect.from === effect.to ? null : effect.changes.length === 0 ? (
        <p className={panel.sub}>{t('effect.none')}</p>
      ) : effect.from !== '' && (
        <div className={styles.sheet}>
          <table className={panel.table} aria-label={t('effect.changes', { from: effect.from, to: effect.to })}>
            <tbody>
              {shown.map((one) => (
                <tr key={`${one.part} ${one.operation ?? ''} ${one.name}`}>
                  <td>
                    <span className={tag.tag} data-tone={one.breaking ? 'err' : one.kind === 'added' ? 'ok' : 'quiet'}>
                      {t(`effect.kind.${one.kind}`)}
                    </span>
                  </td>
                  <td>{t(`effect.part.${one.part}`)}</td>
                  <td className={styles.what}>
                    <code>{one.part === 'operation' || one.operation === undefined ? one.name : `${one.operation} · ${one.name}`}</code> {text(one.title)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {effect.changes.length > shown.length && <p className={panel.sub}>{t('effect.more', { count: effect.changes.length - shown.length })}</p>}
        </div>
      )}
      <h3>{t(effect.from === effect.to ? 'effect.flowsNow' : 'effect.flows')}</h3>
      {effect.flows.length === 0 && <p className={panel.sub}>{t('effect.noFlows')}</p>}
      <ul className={styles.flows}>
        {effect.flows.map((flow) => (
          <li key={flow.id}>
            <Link to={`/flows/${flow.id}`} target="_blank" rel="noreferrer">
              {flow.title || flow.id}
            </Link>
            {effect.from !== effect.to && (
              <span className={tag.tag} data-tone={flow.breaking ? 'err' : touched(flow) ? 'warn' : 'quiet'}>
                {t(flow.breaking ? 'effect.mayBreak' : touched(flow) ? 'effect.touched' : 'effect.untouched')}
              </span>
            )}
            <span className={panel.sub}>
              {[
                flow.published && t('effect.published'), flow.draft && t('effect.draft'), flow.operations.join(', '),
                flow.nodes.length > 0 && t('effect.nodes', { names: flow.nodes.join(', ') }),
              ].filter(Boolean).join(' · ')}
            </span>
          </li>
        ))}
      </ul>
      {effect.from !== effect.to && effect.elsewhere > 0 && <p className={panel.sub}>{t('effect.elsewhere', { count: effect.elsewhere })}</p>}
      {effect.from !== effect.to && effect.flowsElsewhere > 0 && <p className={panel.sub}>{t('effect.flowsElsewhere', { count: effect.flowsElsewhere })}</p>}
    </div>
  );
}
