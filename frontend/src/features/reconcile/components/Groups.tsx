import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Reconciliation, ReconciliationRun } from '../../../shared/api/types';
import panel from '../../../shared/ui/Panel.module.css';
import styles from '../Reconcile.module.css';

/** How many groups are drawn at first. */
const SHOWN = 200;

/** Counts and sums of both sides, by the values of the groups. */
export function Groups({ check, run }: { check: Reconciliation; run: ReconciliationRun }) {
  const { t, i18n } = useTranslation('reconcile');
  const [all, setAll] = useState(false);
  const { groups = [], sums = [] } = check.spec;
  const apart = run.groups.filter(({ source, target }) => source.count !== target.count || source.sums.some((sum, i) => sum !== target.sums[i]));
  const rows = all ? run.groups : apart;
  return (
    <section className={`${panel.panel} ${styles.gap}`} aria-labelledby="reconcile-groups">
      <div className={panel.head}>
        <h2 id="reconcile-groups">{t('groups.title')}</h2>
        <label className={styles.check}>
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} />
          {t('groups.all', { count: run.groups.length })}
        </label>
      </div>
      {rows.length === 0 ? <p className={styles.none}>{t('groups.equal')}</p> : (
        <div className={panel.scroll}>
          <table className={panel.table} aria-labelledby="reconcile-groups">
            <thead>
              <tr>
                {groups.map(({ title }, i) => <th key={i} scope="col">{title}</th>)}
                {[t('count'), ...sums.map(({ title }) => title)].flatMap((title, i) => [<th key={`s${String(i)}`} scope="col" className={panel.num}>{t('groups.source', { title })}</th>, <th key={`t${String(i)}`} scope="col" className={panel.num}>{t('groups.target', { title })}</th>])}
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, SHOWN).map((group, no) => (
                <tr key={no}>
                  {groups.map((_, i) => <td key={i}>{group.values?.[i] ?? ''}</td>)}
                  {[[group.source.count.toLocaleString(i18n.language), group.target.count.toLocaleString(i18n.language)], ...sums.map((_, i) => [group.source.sums[i], group.target.sums[i]])].flatMap(([source, target], i) => [
                    <td key={`s${String(i)}`} className={panel.num}>{source}</td>,
                    <td key={`t${String(i)}`} className={panel.num} data-apart={source !== target}>{target}</td>,
                  ])}
                </tr>
              ))}
            </tbody>
          </table>
          {rows.length > SHOWN && <p className={styles.none}>{t('groups.more', { count: rows.length - SHOWN })}</p>}
        </div>
      )}
    </section>
  );
}
