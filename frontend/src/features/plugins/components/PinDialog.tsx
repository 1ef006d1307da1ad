import { useTranslation } from 'react-i18next';
import { asApiError } from '../../../shared/api/errors';
import type { Plugin } from '../../../shared/api/types';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { useDialogs } from '../../../shared/ui/dialogs';
import { QueryView } from '../../../shared/ui/QueryView';
import { useEffectOf, usePluginActions } from '../api';
import { newest } from '../model';
import { Effect } from './Effect';

/** Pins a plugin to its version, or unpins it, after showing whom that concerns and what a newer one that is there has otherwise. */
export function PinDialog({ plugin, title, onClose }: { plugin: Plugin; title: string; onClose: () => void }) {
  const { t } = useTranslation('plugins');
  const { toast } = useDialogs();
  const effect = useEffectOf(plugin.id, newest(plugin));
  const { pin } = usePluginActions();
  const send = () =>
    pin.mutate({ id: plugin.id, pinned: !plugin.pinned }, {
      onSuccess: ({ pinned }) => {
        toast(t(pinned ? 'pin.done' : 'pin.undone', { title }));
        onClose();
      },
    });
  return (
    <Dialog
      title={t(plugin.pinned ? 'pin.undoTitle' : 'pin.title', { title, version: plugin.serves })} size="large" submit={t(plugin.pinned ? 'pin.undo' : 'pin.do')} cancel={t('common:action.cancel')}
      pending={pin.isPending} onSubmit={send} onClose={onClose}
    >
      {pin.error !== null && (
        <Banner tone="err" title={asApiError(pin.error).message}>
          {asApiError(pin.error).hint}
        </Banner>
      )}
      <p>{t(plugin.pinned ? 'pin.undoText' : 'pin.text')}</p>
      <QueryView query={effect}>{(seen) => <Effect effect={seen} />}</QueryView>
    </Dialog>
  );
}
