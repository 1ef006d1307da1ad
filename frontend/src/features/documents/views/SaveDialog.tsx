import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, fieldErrors } from '../../../shared/api/errors';
import { useMay } from '../../../shared/api/session';
import type { LedgerView } from '../../../shared/api/types';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { TextField } from '../../../shared/ui/TextField';
import { useViewActions } from './api';
import type { Look } from './look';
import styles from './Views.module.css';

interface Props {
  look: Look;
  /** The view that is renamed or shared; without it a new one is made. */
  view?: LedgerView;
  /** The views there are: one of the same name is overwritten. */
  views: readonly LedgerView[];
  onClose: () => void;
  onSaved?: (view: LedgerView) => void;
}

/** The server's own bound. */
const LONGEST = 60;

/** Asks what a view is called and who sees it. */
export function SaveDialog({ look, view, views, onClose, onSaved }: Props) {
  const { t } = useTranslation('documents');
  const mayShare = useMay('operate');
  const [name, setName] = useState(view?.name ?? '');
  const [shared, setShared] = useState(view?.shared ?? false);
  const [start, setStart] = useState(false);
  const [missing, setMissing] = useState(false);
  const { create, save, choose } = useViewActions();
  const same = view === undefined ? views.find((one) => one.name === name.trim() && one.shared === shared && one.changeable) : undefined;
  const before = view ?? same;
  const refusal = create.error ?? save.error ?? choose.error;
  const atName = fieldErrors(refusal).name;

  const done = (kept: LedgerView) => {
    onSaved?.(kept);
    if (start) choose.mutate(kept.id, { onSuccess: onClose });
    else onClose();
  };
  const send = () => {
    setMissing(name.trim() === '');
    if (name.trim() === '') return;
    const wish = { name: name.trim(), shared, look };
    if (before === undefined) create.mutate(wish, { onSuccess: done });
    else save.mutate({ view: before, wish }, { onSuccess: done });
  };
  return (
    <Dialog
      title={t(view === undefined ? 'views.saveTitle' : 'views.editTitle')} submit={t(same === undefined ? 'common:action.save' : 'views.overwrite')} cancel={t('common:action.cancel')}
      pending={create.isPending || save.isPending || choose.isPending} onSubmit={send} onClose={onClose}
    >
      <div className={styles.form}>
        {refusal !== null && atName === undefined && <Banner tone="err" title={asApiError(refusal).message}>{asApiError(refusal).hint !== '' && <span>{asApiError(refusal).hint}</span>}</Banner>}
        <TextField
          label={t('views.name')} value={name} maxLength={LONGEST} onChange={setName} error={missing ? t('views.nameNeeded') : atName}
          hint={same === undefined ? (view === undefined ? t('views.nameHint') : undefined) : t('views.willOverwrite')}
        />
        {mayShare && (
          <label className={styles.check}>
            <input type="checkbox" checked={shared} onChange={(event) => setShared(event.target.checked)} />
            <span>
              {t('views.share')}
              <small>{t('views.shareHint')}</small>
            </span>
          </label>
        )}
        {view === undefined && (
          <label className={styles.check}>
            <input type="checkbox" checked={start} onChange={(event) => setStart(event.target.checked)} />
            <span>{t('views.start')}</span>
          </label>
        )}
      </div>
    </Dialog>
  );
}
