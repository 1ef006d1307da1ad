import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useBlocker } from 'react-router';
import { useDialogs } from '~/shared/ui/dialogs';
import { current } from './designer.store';
import { saveNow } from './useAutosave';

/** Saves before another page opens. Only when that fails somebody has to decide. */
export function useLeaveGuard(flowId: string) {
  const { t } = useTranslation('designer');
  const { ask } = useDialogs();
  const blocker = useBlocker(({ nextLocation }) => current().save !== 'saved' && !nextLocation.pathname.startsWith(`/flows/${flowId}/design`));
  useEffect(() => {
    if (blocker.state !== 'blocked') return;
    void saveNow().then(() => {
      if (current().save === 'saved') return blocker.proceed();
      ask({
        title: t('leave.title'), text: current().saveError?.message ?? '', submit: t('leave.ok'), cancel: t('leave.stay'), danger: true,
        onConfirm: async () => blocker.proceed(), onCancel: () => blocker.reset(),
      });
    });
  }, [blocker, ask, t]);
}
