import { App } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useBlocker } from 'react-router';
import { current } from './designer.store';
import { saveNow } from './useAutosave';

/** Saves before another page opens. Only when that fails somebody has to decide. */
export function useLeaveGuard(flowId: string) {
  const { t } = useTranslation('designer');
  const { modal } = App.useApp();
  const blocker = useBlocker(({ nextLocation }) => current().save !== 'saved' && !nextLocation.pathname.startsWith(`/flows/${flowId}/design`));
  useEffect(() => {
    if (blocker.state !== 'blocked') return;
    void saveNow().then(() => {
      if (current().save === 'saved') return blocker.proceed();
      modal.confirm({ title: t('leave.title'), content: current().saveError?.message, okText: t('leave.ok'), okButtonProps: { danger: true }, cancelText: t('leave.stay'), onOk: () => blocker.proceed(), onCancel: () => blocker.reset() });
    });
  }, [blocker, modal, t]);
}
