import { Button } from 'antd';
import { lazy, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PageRequest } from '../../../shared/api/types';
import { formatCount, formatSpan } from '../../../shared/lib/format';
import { Later } from '../../../shared/ui/Later';
import panel from '../../../shared/ui/Panel.module.css';
import { When } from '../../../shared/ui/When';
import { usePageRequests } from '../api';
import styles from '../Flowhome.module.css';

const PageRequestDialog = lazy(() => import('./PageRequestDialog'));

/** What the sources were asked last, each with what was asked and answered. */
export function PageRequests({ flow, reading, nodeName }: { flow: string; reading: boolean; nodeName: (id: string) => string }) {
  const { t, i18n } = useTranslation('flowhome');
  const requests = usePageRequests(flow, reading);
  const [open, setOpen] = useState<PageRequest>();
  const items = requests.data ?? [];
  if (items.length === 0) return null;
  return (
    <>
      <h2 className={styles.heading}>{t('asked.title')}</h2>
      <p className={panel.sub}>{t('asked.lead')}</p>
      <div className={`${panel.panel} ${panel.scroll}`} tabIndex={0} role="region" aria-label={t('asked.title')}>
        <table className={panel.table} aria-label={t('asked.title')}>
          <thead>
            <tr>
              {(['source', 'operation', 'page', 'started', 'took', 'outcome'] as const).map((column) => (
                <th key={column} scope="col">
                  {t(`asked.column.${column}`)}
                </th>
              ))}
              <th scope="col" className={panel.num}>
                {t('requests.column.rows')}
              </th>
              <td />
            </tr>
          </thead>
          <tbody>
            {items.map((one) => (
              <tr key={one.id}>
                <td className={panel.strong}>
                  {nodeName(one.node)} ← {one.connection}
                </td>
                <td>
                  <code>{one.operation}</code>
                </td>
                <td>{t(one.attempt > 1 ? 'requests.pageAgain' : 'requests.page', { no: one.page, attempt: one.attempt })}</td>
                <td>
                  <When time={one.startedAt} as="exact" />
                </td>
                <td className="kz-num">{formatSpan(one.tookMs, t)}</td>
                <td>{one.code === undefined ? t('asked.fine') : <span className={styles.bad}>{one.message ?? one.code}</span>}</td>
                <td className={panel.num}>{formatCount(one.rows, i18n.language)}</td>
                <td>
                  <Button size="small" aria-label={t('asked.lookAt', { page: one.page, operation: one.operation })} onClick={() => setOpen(one)}>
                    {t('asked.look')}
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {open !== undefined && (
        <Later onClose={() => setOpen(undefined)}>
          <PageRequestDialog flow={flow} request={open} onClose={() => setOpen(undefined)} />
        </Later>
      )}
    </>
  );
}
