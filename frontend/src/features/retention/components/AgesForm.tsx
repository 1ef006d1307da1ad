import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, fieldErrors } from '../../../shared/api/errors';
import type { RetentionEstimate, RetentionView } from '../../../shared/api/types';
import { formatCount } from '../../../shared/lib/format';
import { Banner } from '../../../shared/ui/Banner';
import panel from '../../../shared/ui/Panel.module.css';
import { When } from '../../../shared/ui/When';
import { type Ages, CLASSES, type Class, useRetentionActions } from '../api';
import styles from '../Retention.module.css';

const MOST = 36_500;

/** A number of days as it is written; undefined where it is none. */
function daysOf(text: string): number | undefined {
  return /^\d{1,5}$/.test(text.trim()) && Number(text) <= MOST ? Number(text) : undefined;
}

/** The ages with what goes by each, and what the next pass would remove by them. */
export function AgesForm({ view, may }: { view: RetentionView; may: boolean }) {
  const { t, i18n } = useTranslation('retention');
  const [texts, setTexts] = useState(() => Object.fromEntries(CLASSES.map((one) => [one, String(view[one])])) as Record<Class, string>);
  const { set, estimate } = useRetentionActions();
  const changed = CLASSES.some((one) => texts[one].trim() !== String(view[one]));
  const ages = CLASSES.every((one) => daysOf(texts[one]) !== undefined) ? (Object.fromEntries(CLASSES.map((one) => [one, Number(texts[one])])) as Ages) : undefined;
  const refused = fieldErrors(set.error);
  const edit = (one: Class, text: string) => {
    setTexts({ ...texts, [one]: text });
    estimate.reset();
    set.reset();
  };
  const trouble = set.error ?? estimate.error;
  return (
    <form
      className={panel.panel}
      aria-labelledby="retention-ages"
      onSubmit={(event) => {
        event.preventDefault();
        if (ages !== undefined) set.mutate({ ...ages, version: view.version });
      }}
    >
      <div className={panel.head}>
        <h2 id="retention-ages">{t('ages.title')}</h2>
        {view.updatedBy !== undefined && (
          <span className={panel.sub}>
            {t('ages.by', { name: view.updatedBy })} <When time={view.updatedAt} />
          </span>
        )}
      </div>
      {trouble !== null && Object.keys(refused).length === 0 && (
        <div className={styles.banner}>
          <Banner tone="err">{asApiError(trouble).message}</Banner>
        </div>
      )}
      {!may && <p className={styles.note}>{t('ages.readOnly')}</p>}
      <div className={panel.scroll}>
        <table className={panel.table} aria-label={t('ages.title')}>
          <thead>
            <tr>
              <th scope="col">{t('ages.what')}</th>
              <th scope="col">{t('ages.days')}</th>
              <th scope="col" className={panel.num}>{t('estimate.column')}</th>
            </tr>
          </thead>
          <tbody>
            {CLASSES.map((one) => {
              const days = daysOf(texts[one]);
              const wrong = days === undefined ? t('ages.invalid') : refused[one];
              return (
                <tr key={one}>
                  <td>
                    <span className={panel.strong} id={`retention-${one}`}>{t(`class.${one}.title`)}</span>
                    <p className={styles.what}>{t(`class.${one}.text`)}</p>
                  </td>
                  <td>
                    <input
                      className={`${panel.field} ${styles.days}`}
                      inputMode="numeric"
                      value={texts[one]}
                      disabled={!may}
                      aria-labelledby={`retention-${one}`}
                      aria-invalid={wrong !== undefined}
                      aria-describedby={`retention-${one}-note`}
                      onChange={(event) => edit(one, event.target.value)}
                    />
                    <p id={`retention-${one}-note`} className={wrong === undefined ? styles.hint : styles.wrong} role={wrong === undefined ? undefined : 'alert'}>
                      {wrong ?? t(days === 0 ? 'ages.forEver' : 'ages.unit')}
                    </p>
                  </td>
                  <td className={panel.num}>{estimate.data === undefined ? '–' : <Estimated of={estimate.data} one={one} language={i18n.language} />}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {may && (
        <div className={styles.foot}>
          <p>{t(estimate.data === undefined ? 'estimate.hint' : 'estimate.note')}</p>
          <Button disabled={ages === undefined} loading={estimate.isPending} onClick={() => ages !== undefined && estimate.mutate(ages)}>
            {t('estimate.do')}
          </Button>
          {changed && <Button onClick={() => { setTexts(Object.fromEntries(CLASSES.map((one) => [one, String(view[one])])) as Record<Class, string>); estimate.reset(); set.reset(); }}>{t('ages.discard')}</Button>}
          <Button type="primary" htmlType="submit" disabled={!changed || ages === undefined} loading={set.isPending}>
            {t('ages.save')}
          </Button>
        </div>
      )}
    </form>
  );
}

function Estimated({ of, one, language }: { of: RetentionEstimate; one: Class; language: string }) {
  const { t } = useTranslation('retention');
  const n = formatCount(of[one], language);
  return <>{of[one] >= of.most ? t('estimate.atLeast', { n }) : n}</>;
}
