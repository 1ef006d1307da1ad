import { Button } from 'antd';
import { type KeyboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { asApiError, fieldErrors } from '../../../shared/api/errors';
import { useMay } from '../../../shared/api/session';
import type { CodeRowChange, MissingCode } from '../../../shared/api/types';
import { formatCount } from '../../../shared/lib/format';
import { useDialogs } from '../../../shared/ui/dialogs';
import { Empty } from '../../../shared/ui/Empty';
import panel from '../../../shared/ui/Panel.module.css';
import { QueryView } from '../../../shared/ui/QueryView';
import { useMissing, usePut } from '../api';
import styles from '../Codes.module.css';

const keyOf = (one: MissingCode) => `${one.table} ${String(one.reverse)} ${one.code}`;

/** What a person wrote beside a missing code, as a row. */
const rowOf = (one: MissingCode, other: string): CodeRowChange => (one.reverse ? { source: other, target: one.code } : { source: one.code, target: other });

/** The codes that documents wait for, each with a place to fill it in. */
export function MissingCodes({ table }: { table?: string }) {
  const { t } = useTranslation('codes');
  const missing = useMissing(table);
  return (
    <QueryView query={missing}>
      {({ items, total }) =>
        items.length === 0 ? <Empty art="clear" title={t('missing.none')} text={t('missing.noneText')} /> : <Fill items={items} total={total} showTable={table === undefined} />
      }
    </QueryView>
  );
}

function Fill({ items, total, showTable }: { items: MissingCode[]; total: number; showTable: boolean }) {
  const { t, i18n } = useTranslation('codes');
  const number = (value: number) => formatCount(value, i18n.language);
  const mayFill = useMay('operate');
  const { toast } = useDialogs();
  const put = usePut();
  const [written, setWritten] = useState<Record<string, string>>({});
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const filled = items.filter((one) => (written[keyOf(one)] ?? '').trim() !== '');

  const drop = (from: Record<string, string>, keys: string[]) => Object.fromEntries(Object.entries(from).filter(([key]) => !keys.includes(key)));
  /** Saves table by table; what one refuses keeps nobody else's from being saved. */
  const save = async (chosen: MissingCode[]) => {
    let documents = 0;
    let codes = 0;
    for (const id of new Set(chosen.map((one) => one.table))) {
      const mine = chosen.filter((one) => one.table === id);
      try {
        await put.mutateAsync({ id, rows: mine.map((one) => rowOf(one, (written[keyOf(one)] ?? '').trim())) });
        codes += mine.length;
        documents += mine.reduce((sum, one) => sum + one.documents, 0);
        setWritten((now) => drop(now, mine.map(keyOf)));
        setWrong((now) => drop(now, mine.map(keyOf)));
      } catch (error) {
        const told = fieldErrors(error);
        const refusal = asApiError(error);
        const words = (index: number) => told[`rows[${index}].source`] ?? told[`rows[${index}].target`];
        const named = mine.some((_one, index) => words(index) !== undefined);
        setWrong((now) => ({
          ...drop(now, mine.map(keyOf)),
          ...Object.fromEntries(mine.flatMap((one, index): [string, string][] => {
            const text = named ? words(index) : refusal.message;
            return text === undefined ? [] : [[keyOf(one), text]];
          })),
        }));
      }
    }
    if (codes > 0) toast(t('missing.saved', { count: codes, shown: number(codes), documents: number(documents) }));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>, one: MissingCode) => {
    if (event.nativeEvent.isComposing) return;
    const inputs = [...document.querySelectorAll<HTMLInputElement>('input[data-fill]')];
    const step = { ArrowDown: 1, ArrowUp: -1, Enter: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    if (event.key === 'Enter' && event.currentTarget.value.trim() !== '') void save([one]);
    inputs[inputs.indexOf(event.currentTarget) + step]?.focus();
  };

  return (
    <>
      <div className={styles.bar}>
        <p className={panel.sub}>
          {t(total > items.length ? 'missing.leadSome' : 'missing.lead', { count: total, shown: number(total), listed: number(items.length) })}
        </p>
        {mayFill && (
          <Button type="primary" disabled={filled.length === 0} loading={put.isPending} onClick={() => void save(filled)}>
            {filled.length === 0 ? t('missing.saveNone') : t('missing.save', { count: filled.length, shown: number(filled.length) })}
          </Button>
        )}
      </div>
      <div className={panel.scroll}>
        <table className={panel.table} aria-label={t('tab.missing')}>
          <thead>
            <tr>
              {showTable && <th scope="col">{t('column.table')}</th>}
              <th scope="col">{t('missing.code')}</th>
              {mayFill && <th scope="col">{t('missing.fill')}</th>}
              <th scope="col" className={panel.num}>{t('missing.documents')}</th>
              <th scope="col">{t('missing.example')}</th>
              <th scope="col">{t('missing.flow')}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((one) => {
              const key = keyOf(one);
              const error = wrong[key];
              return (
                <tr key={key}>
                  {showTable && (
                    <td className={styles.of}>
                      <Link to={`/codes/${one.table}?tab=missing`}>{one.tableTitle}</Link>
                    </td>
                  )}
                  <td className={styles.codeCell}>
                    <code className={styles.code}>{one.code}</code>
                    {one.reverse && <span className={styles.side}>{t('missing.reverse')}</span>}
                  </td>
                  {mayFill && (
                    <td className={styles.fillCell}>
                      <input
                        data-fill
                        className={panel.field}
                        value={written[key] ?? ''}
                        placeholder={t(one.reverse ? 'source' : 'target')}
                        aria-label={t(one.reverse ? 'missing.sourceFor' : 'missing.targetFor', { code: one.code })}
                        aria-invalid={error !== undefined}
                        autoComplete="off"
                        spellCheck={false}
                        onChange={(event) => setWritten((now) => ({ ...now, [key]: event.target.value }))}
                        onKeyDown={(event) => onKeyDown(event, one)}
                      />
                      {error !== undefined && (
                        <p className={styles.error} role="alert">
                          {error}
                        </p>
                      )}
                    </td>
                  )}
                  <td className={panel.num}>{number(one.documents)}</td>
                  <td>
                    <Link to={`/docs/${one.document}`} className="kz-num">
                      {one.number}
                    </Link>
                  </td>
                  <td className={styles.of}>
                    <Link to={`/flows/${one.flow}/docs?state=unmapped`}>{one.flowTitle}</Link>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}
