import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useBlocker } from 'react-router';
import { useDialogs } from './dialogs';

/**
 * Asks before another page opens, or this one closes, while something is typed that nobody
 * has saved. What it gives lets the next page open without a question.
 */
export function useLeaveAsk(unsaved: boolean): () => void {
  const { t } = useTranslation();
  const { ask } = useDialogs();
  const free = useRef(false);
  const blocker = useBlocker(({ currentLocation, nextLocation }) => unsaved && !free.current && nextLocation.pathname !== currentLocation.pathname);
  useEffect(() => {
    if (blocker.state !== 'blocked') return;
    ask({
      title: t('leave.title'), text: t('leave.text'), submit: t('leave.ok'), cancel: t('leave.stay'), danger: true,
      onConfirm: async () => blocker.proceed(), onCancel: () => blocker.reset(),
    });
  }, [blocker, ask, t]);
  useEffect(() => {
    if (!unsaved) return;
    const leaving = (event: BeforeUnloadEvent) => {
      if (!free.current) event.preventDefault();
    };
    globalThis.addEventListener('beforeunload', leaving);
    return () => globalThis.removeEventListener('beforeunload', leaving);
  }, [unsaved]);
  return () => {
    free.current = true;
  };
}
