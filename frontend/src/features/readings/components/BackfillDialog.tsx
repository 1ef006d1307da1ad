import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fieldErrors } from '../../../shared/api/errors';
import type { SourceReading } from '../../../shared/api/types';
import { useNow } from '../../../shared/hooks/useNow';
import { fromField, toField, zone } from '../../../shared/lib/times';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { useDialogs } from '../../../shared/ui/dialogs';
import { TextField } from '../../../shared/ui/TextField';
import { useSourceActions } from '../api';
import { presets } from '../model/times';
import styles from '../Readings.module.css';
import { Estimated, Refused } from './Estimated';
import { Between } from './SourcePanel';

/** Asks for a range of the past, tells what it costs, and reads it only then. */
export default function BackfillDialog({ flow, source, onClose }: { flow: string; source: SourceReading; onClose: () => void }) {
  const { t } = useTranslation('readings');
  const { toast } = useDialogs();
  const { estimate, backfill } = useSourceActions(flow, source.node);
  const now = useNow() + source.aheadSeconds * 1000;
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  // Nothing is wrong with what nobody sent yet.
  const [tried, setTried] = useState(false);
  const error = backfill.error ?? estimate.error;
  const told = fieldErrors(error);
  const begin = fromField(from);
  const end = fromField(to);
  const seen = estimate.data;

  const change = (nextFrom: string, nextTo: string) => {
    setFrom(nextFrom);
    setTo(nextTo);
    setTried(false);
    estimate.reset();
    backfill.reset();
  };
  const send = () => {
    setTried(true);
    if (begin === undefined || end === undefined) return;
    if (seen === undefined) estimate.mutate({ from: begin, to: end });
    else {
      backfill.mutate({ from: begin, to: end }, {
        onSuccess: () => {
          toast(t('backfill.started'));
          onClose();
        },
      });
    }
  };
  const wrongFrom = tried && begin === undefined ? t('backfill.fromNeeded') : told.from;
  const wrongTo = tried && end === undefined ? t('backfill.toNeeded') : told.to;
  return (
    <Dialog
      title={t('backfill.title', { title: source.title })}
      submit={t(seen === undefined ? 'backfill.estimate' : 'backfill.do')}
      cancel={t('common:action.cancel')}
      pending={estimate.isPending || backfill.isPending}
      dismissable={from === '' && to === ''}
      onSubmit={send}
      onClose={onClose}
    >
      <Refused error={error} at={[told.from, told.to]} />
      <p className={styles.about}>{t('backfill.about')}</p>
      <div className={styles.presets} role="group" aria-label={t('backfill.presets')}>
        {presets(now, source.coveredFrom ?? source.startFrom).map((one) => (
          <button key={one.key} type="button" className={styles.preset} onClick={() => change(toField(one.from), toField(one.to))}>
            {t(`preset.${one.key}`)}
          </button>
        ))}
      </div>
      <TextField label={t('backfill.from')} type="datetime-local" step={1} value={from} onChange={(value) => change(value, to)} error={wrongFrom} />
      <TextField label={t('backfill.to')} type="datetime-local" step={1} value={to} onChange={(value) => change(from, value)} hint={t('zone', { zone: zone() })} error={wrongTo} />
      <div className={styles.outcome} aria-live="polite" aria-busy={estimate.isPending}>
        {estimate.isPending && <p className={styles.zone}>{t('backfill.asking')}</p>}
        {seen !== undefined && <Estimated estimate={seen} />}
        {seen?.holeFrom !== undefined && (
          <Banner tone="warn" title={t('backfill.hole')}>
            <Between from={seen.holeFrom} to={seen.holeTo} /> {t('backfill.holeWhy')}
          </Banner>
        )}
      </div>
    </Dialog>
  );
}
