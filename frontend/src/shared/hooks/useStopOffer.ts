import { useTranslation } from 'react-i18next';
import { api, take } from '../api/client';
import { useDialogs } from '../ui/dialogs';

/** Gives what follows the stop of a flow: where one of its runs goes on, the offer to end that too. */
export function useStopOffer(): (flow: string) => Promise<void> {
  const { t } = useTranslation();
  const { ask, toast } = useDialogs();
  return async (flow) => {
    const path = { id: flow };
    const { items } = await take(api.GET('/runs', { params: { query: { flow, state: 'queued,running', limit: 1 } } }));
    if (items.length === 0) return;
    ask({
      title: t('stop.title'), text: t('stop.text'), submit: t('stop.now'), cancel: t('stop.later'), danger: true,
      onConfirm: () => take(api.POST('/flows/{id}/disable', { params: { path }, body: { now: true } })).then(() => toast(t('stop.done'))),
    });
  };
}
