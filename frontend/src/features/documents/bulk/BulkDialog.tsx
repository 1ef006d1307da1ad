import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { asApiError, fieldErrors } from '../../../shared/api/errors';
import type { BulkJob, BulkOrder, BulkPreview } from '../../../shared/api/types';
import { formatCount } from '../../../shared/lib/format';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { PageSkeleton } from '../../../shared/ui/PageSkeleton';
import { StateTag } from '../../../shared/ui/StateTag';
import { TextField } from '../../../shared/ui/TextField';
import { When } from '../../../shared/ui/When';
import { usePreview, useStartJob } from './api';
import styles from './Bulk.module.css';

interface Props {
  kind: BulkOrder['kind'];
  choice: Pick<BulkOrder, 'ids' | 'filter'>;
  onClose: () => void;
  onStarted: (job: BulkJob) => void;
}

/** Shows what an action would do to many documents before it is started. */
export function BulkDialog({ kind, choice, onClose, onStarted }: Props) {
  const { t, i18n } = useTranslation('documents');
  const [version, setVersion] = useState<'published' | 'pinned'>('published');
  const [sure, setSure] = useState<readonly Doubt[]>([]);
  const [note, setNote] = useState('');
  const [missing, setMissing] = useState(false);
  const order: BulkOrder = { kind, ...choice, ...(kind === 'retry' ? { version } : {}), ...(sure.length === 0 ? {} : { confirmed: sure.map(({ id }) => id) }) };
  const preview = usePreview(order);
  const start = useStartJob();
  const found = preview.data;
  const total = found?.total ?? 0;
  const shown = formatCount(total, i18n.language);
  const atNote = fieldErrors(start.error).note;
  const refusal = start.error ?? preview.error;
  // A person's word is about the attempt that was shown: a later one is asked about anew.
  const still = sure.filter((one) => found?.undecided.some(({ id, since }) => id === one.id && since === one.since) ?? true);
  if (still.length < sure.length) setSure(still);

  const send = () => {
    const reason = note.trim();
    setMissing(kind === 'skip' && reason === '');
    if (kind === 'skip' && reason === '') return;
    start.mutate({ ...order, ...(reason === '' ? {} : { note: reason }), ...(found?.seen ? { seen: found.seen } : {}) }, { onSuccess: onStarted });
  };

  return (
    <Dialog
      size="large" title={t(`bulk.title.${kind}`)} submit={t(`bulk.start.${kind}`, { count: total, shown })} cancel={t('common:action.cancel')} danger={kind === 'skip'}
      pending={start.isPending} disabled={found === undefined || preview.isError || total === 0 || found.tooMany} onSubmit={send} onClose={onClose}
    >
      <div className={styles.dialog}>
        <Banner tone={kind === 'retry' ? 'info' : 'warn'}>{t(`bulk.text.${kind}`)}</Banner>
        {refusal !== null && atNote === undefined && (
          <Banner tone="err" title={asApiError(refusal).message}>
            {asApiError(refusal).hint !== '' && <span>{asApiError(refusal).hint}</span>}
          </Banner>
        )}
        {kind === 'retry' && (
          <fieldset className={styles.choice}>
            <legend>{t('bulk.version')}</legend>
            {(['published', 'pinned'] as const).map((one) => (
              <label key={one}>
                <input type="radio" name="version" checked={version === one} onChange={() => setVersion(one)} /> {t(`bulk.${one}`)}
              </label>
            ))}
          </fieldset>
        )}
        {found === undefined ? preview.isPending && <PageSkeleton rows={3} /> : <Found preview={found} />}
        {found !== undefined && kind === 'resend' && found.undecided.length > 0 && <Undecided list={found.undecided} sure={sure} onChange={setSure} />}
        <TextField
          label={t(kind === 'skip' ? 'bulk.reason' : 'bulk.note')} value={note} onChange={setNote} maxLength={500} hint={kind === 'skip' ? undefined : t('bulk.noteHint')}
          error={missing ? t('skip.noteNeeded') : atNote}
        />
      </div>
    </Dialog>
  );
}

function Found({ preview }: { preview: BulkPreview }) {
  const { t, i18n } = useTranslation('documents');
  const number = (value: number) => formatCount(value, i18n.language);
  if (preview.total === 0) return <Banner tone="warn" title={t('bulk.nothing')}>{t('bulk.nothingText')}</Banner>;
  return (
    <>
      {preview.tooMany && <Banner tone="err" title={t('bulk.tooMany', { shown: number(preview.total) })}>{t('bulk.tooManyText')}</Banner>}
      <section aria-labelledby="bulk-groups">
        <h3 id="bulk-groups">{t('bulk.total', { count: preview.total, shown: number(preview.total) })}</h3>
        <ul className={styles.groups}>
          {preview.groups.map((group) => (
            <li key={`${group.state ?? ''} ${group.code}`}>
              <b className="kz-num">{number(group.documents)}</b>
              <StateTag of="document" state={group.state ?? ''} />
              <span>{group.message || group.code}</span>
            </li>
          ))}
        </ul>
      </section>
      {preview.refused > 0 && (
        <section aria-labelledby="bulk-refusals">
          <h3 id="bulk-refusals">{t('bulk.wouldRefuse', { count: preview.refused, shown: number(preview.refused) })}</h3>
          <ul className={styles.groups}>
            {preview.reasons.map((reason) => (
              <li key={reason.code}>
                <b className="kz-num">{number(reason.documents)}</b>
                <span>{reason.message}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {preview.examined < preview.total && <p className={styles.quiet}>{t('bulk.examined', { shown: number(preview.examined) })}</p>}
    </>
  );
}

type Doubt = BulkPreview['undecided'][number];

interface UndecidedProps {
  list: readonly Doubt[];
  sure: readonly Doubt[];
  onChange: (sure: readonly Doubt[]) => void;
}

/** What may have arrived is sent again only where a person looked and says that it did not. */
function Undecided({ list, sure, onChange }: UndecidedProps) {
  const { t } = useTranslation('documents');
  const isSure = ({ id }: Doubt) => sure.some((one) => one.id === id);
  const all = list.every(isSure);
  return (
    <section aria-labelledby="bulk-undecided">
      <h3 id="bulk-undecided">{t('bulk.undecided', { count: list.length })}</h3>
      <p className={styles.quiet}>{t('bulk.undecidedText')}</p>
      <ul className={styles.undecided}>
        {list.map((one) => (
          <li key={one.id}>
            <label>
              <input
                type="checkbox" checked={isSure(one)} aria-label={t('bulk.confirm', { name: one.number || one.key })}
                onChange={(event) => onChange(event.target.checked ? [...sure, one] : sure.filter(({ id }) => id !== one.id))}
              />
              <code>{one.target}</code>
            </label>
            <Link to={`/docs/${one.id}`} target="_blank">
              {one.number || one.key}
            </Link>
            {one.since !== null && (
              <span className={styles.quiet}>
                <When time={one.since} />
              </span>
            )}
          </li>
        ))}
      </ul>
      {list.length > 1 && (
        <label className={styles.every}>
          <input type="checkbox" checked={all} onChange={() => onChange(all ? [] : list)} /> {t('bulk.confirmAll', { count: list.length })}
        </label>
      )}
    </section>
  );
}
