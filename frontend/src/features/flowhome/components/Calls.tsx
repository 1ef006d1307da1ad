import { useTranslation } from 'react-i18next';
import type { FlowWrites } from '../../../shared/api/types';
import { useNow } from '../../../shared/hooks/useNow';
import { formatCount, formatSpan, spanBetween } from '../../../shared/lib/format';
import panel from '../../../shared/ui/Panel.module.css';
import { When } from '../../../shared/ui/When';
import styles from '../Flowhome.module.css';

/** Longer than any call may take (ms): one without an answer for so long got none. */
const LOST = 15 * 60_000;

/** The newest calls to the flow's targets. */
export function Calls({ calls, nodeName }: { calls: FlowWrites['calls']; nodeName: (id: string) => string }) {
  const { t, i18n } = useTranslation('flowhome');
  const now = useNow(1000);
  if (calls.length === 0) return null;
  const stands = ({ startedAt, endedAt, code }: (typeof calls)[number]) => {
    if (endedAt !== undefined) return code === undefined || code === '' ? t('calls.done') : code;
    return (spanBetween(startedAt, undefined, now) ?? 0) > LOST ? t('calls.lost') : t('calls.going');
  };
  return (
    <>
      <h2 className={styles.heading}>{t('calls.title')}</h2>
      <div className={`${panel.panel} ${panel.scroll}`} tabIndex={0} role="region" aria-label={t('calls.title')}>
        <table className={panel.table} aria-label={t('calls.title')}>
          <thead>
            <tr>
              {(['target', 'operation', 'state', 'started', 'took'] as const).map((column) => (
                <th key={column} scope="col">
                  {t(`calls.column.${column}`)}
                </th>
              ))}
              <th scope="col" className={panel.num}>
                {t('calls.column.rows')}
              </th>
            </tr>
          </thead>
          <tbody>
            {calls.map((call) => (
              <tr key={call.id} data-going={call.endedAt === undefined}>
                <td className={panel.strong}>
                  {call.node === undefined ? '' : nodeName(call.node)} → {call.connection}
                </td>
                <td>
                  <code>{call.operation}</code> {call.kind === 'probe' && t('calls.probe')}
                </td>
                <td>{stands(call)}</td>
                <td>
                  <When time={call.startedAt} />
                </td>
                <td className="kz-num">{call.endedAt === undefined ? '–' : formatSpan(spanBetween(call.startedAt, call.endedAt, now) ?? 0, t)}</td>
                <td className={panel.num}>{formatCount(call.rows, i18n.language)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
