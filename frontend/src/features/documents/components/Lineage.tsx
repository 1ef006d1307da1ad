import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { StateTag } from '../../../shared/ui/StateTag';
import { When } from '../../../shared/ui/When';
import styles from '../Document.module.css';
import type { LedgerDocument } from '../model/detail';

type Handed = LedgerDocument['handedFrom'][number];

/** The documents of other flows that one came from, and those that it was handed over to. */
export function Lineage({ document }: { document: LedgerDocument }) {
  const { t } = useTranslation('documents');
  return (
    <>
      <Ends name={t('lineage.from')} ends={document.handedFrom} />
      <Ends name={t('lineage.to')} ends={document.handedTo} />
    </>
  );
}

function Ends({ name, ends }: { name: string; ends: readonly Handed[] }) {
  const { t } = useTranslation('documents');
  if (ends.length === 0) return null;
  return (
    <section className={styles.ends} aria-label={name}>
      <h3>{name}</h3>
      <ul>
        {ends.map((one, i) => (
          <li key={`${one.id}/${one.rev}/${i}`}>
            <span className={styles.deliveryHead}>
              <Link to={`/docs/${one.id}`}>{one.number || one.key}</Link>
              <StateTag of="document" state={one.state} />
            </span>
            <span className={styles.quieter}>
              {one.flowTitle} · {one.rev === 0 ? t('lineage.ignored') : t('rev', { no: one.rev })} · <When time={one.at} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
