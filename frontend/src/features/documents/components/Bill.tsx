import { useState } from 'react';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import panel from '../../../shared/ui/Panel.module.css';
import { StateTag } from '../../../shared/ui/StateTag';
import styles from '../Document.module.css';
import type { LedgerDocument } from '../model/detail';

type Member = NonNullable<LedgerDocument['bills']>[number];

/** So many lines stand there at first. */
const FIRST = 20;

/** What a bill was made of, and the bills that a document is in. */
export function Bill({ document }: { document: LedgerDocument }) {
  const { t } = useTranslation('documents');
  const [all, setAll] = useState(false);
  const { bill, bills } = document;
  if (bill === undefined && bills.length === 0) return null;
  const numbers = new Map((bill?.members ?? []).map((one) => [one.id, one.number || one.key]));
  const lines = bill?.lines ?? [];
  return (
    <>
      {bills.length > 0 && (
        <section className={panel.panel} aria-labelledby="document-bills">
          <div className={panel.head}>
            <h2 id="document-bills">{t('bill.in')}</h2>
          </div>
          <Members list={bills} />
        </section>
      )}
      {bill !== undefined && (
        <section className={panel.panel} aria-labelledby="document-members">
          <div className={panel.head}>
            <h2 id="document-members">{t(bill.open ? 'bill.open' : 'bill.of', { count: bill.count })}</h2>
          </div>
          <Members list={bill.members} />
          {lines.length > 0 && (
            <>
              <h3 className={styles.origins}>{t('bill.lines')}</h3>
              <ol className={styles.lines} tabIndex={0} aria-label={t('bill.lines')}>
                {lines.slice(0, all ? undefined : FIRST).map((line, i) => (
                  // The lines of a bill never change their places.
                  <li key={i}>{line.map((one) => t('bill.origin', { name: numbers.get(one.member) ?? one.member, line: one.line + 1 })).join(t('bill.and'))}</li>
                ))}
              </ol>
              {!all && lines.length > FIRST && (
                <Button type="link" onClick={() => setAll(true)}>
                  {t('bill.allLines', { count: lines.length })}
                </Button>
              )}
            </>
          )}
        </section>
      )}
    </>
  );
}

function Members({ list }: { list: Member[] }) {
  const { t } = useTranslation('documents');
  return (
    <ul className={styles.members}>
      {list.map((one) => (
        <li key={one.id}>
          <Link to={`/docs/${one.id}`}>{one.number || one.key}</Link> <StateTag of="document" state={one.state} /> <span className={styles.quieter}>{t('rev', { no: one.rev })}</span>
        </li>
      ))}
    </ul>
  );
}
