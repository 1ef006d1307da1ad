import { useTranslation } from 'react-i18next';
import { useDeclarations } from '../../../shared/api/catalog';
import type { Json, Run } from '../../../shared/api/types';
import { declaredFor } from '../../../model/ports';
import { useText } from '../../../shared/i18n/useText';
import { formatCount } from '../../../shared/lib/format';
import panel from '../../../shared/ui/Panel.module.css';
import { type NodeRow, nodeRows } from '../model/nodeRows';
import styles from '../Runs.module.css';

export function NodeTable({ run, document }: { run: Run; document: Json | undefined }) {
  const { t, i18n } = useTranslation('runs');
  const number = (value: number | undefined) => (value === undefined ? '–' : formatCount(value, i18n.language));
  const text = useText();
  const declared = useDeclarations();
  const typeOf = (type: string) => declared.data?.find((one) => one.type === type);
  const rows = nodeRows(run, document);
  const outputsOf = (row: NodeRow) => declaredFor(typeOf(row.type), row)?.outputs ?? [];
  // As the card has its ports, from above.
  const placeOf = (row: NodeRow, port: string) => outputsOf(row).findIndex(({ name }) => name === port);
  const portOf = (row: NodeRow, port: string) => text(outputsOf(row).find(({ name }) => name === port)?.title) || port;
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
                  : row.out.toSorted((a, b) => placeOf(row, a.port) - placeOf(row, b.port)).map(({ port, count }) => (
                      <div key={port}>
                        <span className={panel.sub}>{portOf(row, port)}</span> {number(count)}
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
