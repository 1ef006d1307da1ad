import { useTranslation } from 'react-i18next';
import { useDeclarations } from '../../../shared/api/catalog';
import type { Json, Run } from '../../../shared/api/types';
import { useText } from '../../../shared/i18n/useText';
import { formatCount } from '../../../shared/lib/format';
import panel from '../../../shared/ui/Panel.module.css';
import { nodeRows } from '../model/nodeRows';
import styles from '../Runs.module.css';

export function NodeTable({ run, document }: { run: Run; document: Json | undefined }) {
  const { t, i18n } = useTranslation('runs');
  const number = (value: number | undefined) => (value === undefined ? '–' : formatCount(value, i18n.language));
  const text = useText();
  const declared = useDeclarations();
  const typeOf = (type: string) => declared.data?.find((one) => one.type === type);
  // As the card has its ports, from above.
  const placeOf = (type: string, port: string) => typeOf(type)?.outputs?.findIndex(({ name }) => name === port) ?? 0;
  const portOf = (type: string, port: string) => text(typeOf(type)?.outputs?.find(({ name }) => name === port)?.title) || port;
  const rows = nodeRows(run, document);
  // The engine counts what comes in only where that says more than what went out before.
  const ins = rows.some((row) => row.in !== undefined);
  if (rows.length === 0) return <p className={styles.quiet}>{t('nodes.none')}</p>;
  return (
    <div className={panel.scroll}>
      <table className={panel.table} aria-label={t('nodes.title')}>
        <thead>
          <tr>
            <th scope="col">{t('nodes.node')}</th>
            {ins && (
              <th scope="col" className={panel.num}>
                {t('nodes.in')}
              </th>
            )}
            <th scope="col" className={panel.num}>
              {t('nodes.out')}
            </th>
            <th scope="col" className={panel.num}>
              {t('nodes.errors')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td>
                <b className={panel.strong}>{row.title || row.id}</b>
                <div className={panel.sub}>{[row.title === '' ? '' : row.id, text(typeOf(row.type)?.title) || row.type].filter(Boolean).join(' · ')}</div>
              </td>
              {ins && <td className={panel.num}>{number(row.in)}</td>}
              <td className={panel.num}>
                {row.out.length <= 1
                  ? number(row.out[0]?.count)
                  : row.out.toSorted((a, b) => placeOf(row.type, a.port) - placeOf(row.type, b.port)).map(({ port, count }) => (
                      <div key={port}>
                        <span className={panel.sub}>{portOf(row.type, port)}</span> {number(count)}
                      </div>
                    ))}
              </td>
              <td className={`${panel.num} ${row.errors > 0 ? styles.bad : ''}`}>{number(row.errors)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
