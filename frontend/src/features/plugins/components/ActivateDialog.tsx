import { useTranslation } from 'react-i18next';
import { asApiError } from '../../../shared/api/errors';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { useDialogs } from '../../../shared/ui/dialogs';
import { QueryView } from '../../../shared/ui/QueryView';
import { useEffectOf, usePluginActions } from '../api';
import { Effect } from './Effect';

/** Lets another version serve, after showing what that changes. */
export function ActivateDialog({ id, title, version, onClose }: { id: string; title: string; version: string; onClose: () => void }) {
  const { t } = useTranslation('plugins');
  const { toast } = useDialogs();
  const effect = useEffectOf(id, version);
  const { activate } = usePluginActions();
  const send = () =>
    activate.mutate({ id, version }, {
      onSuccess: () => {
        toast(t('activate.done', { title, version }));
        onClose();
      },
    });
  return (
    <Dialog
      title={t('activate.title', { title, version })} size="large" submit={t('activate.do')} cancel={t('common:action.cancel')}
      pending={activate.isPending} disabled={effect.data === undefined} onSubmit={send} onClose={onClose}
    >
      {activate.error !== null && (
        <Banner tone="err" title={asApiError(activate.error).message}>
          {asApiError(activate.error).hint}
        </Banner>
      )}
      <p>{t('activate.text')}</p>
      <QueryView query={effect}>{(seen) => <Effect effect={seen} />}</QueryView>
    </Dialog>
  );
}
