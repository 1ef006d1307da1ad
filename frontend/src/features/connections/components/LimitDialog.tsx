import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../../../shared/api/errors';
import type { Limit } from '../../../shared/api/types';
import { formatSpan } from '../../../shared/lib/format';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { useDialogs } from '../../../shared/ui/dialogs';
import { TextField } from '../../../shared/ui/TextField';
import { useSetLimit } from '../api';

/** Asks for calls in place of those of a declared limit; more than declared is asked about once more. */
export function LimitDialog({ name, limit, onClose }: { name: string; limit: Limit; onClose: () => void }) {
  const { t } = useTranslation('connections');
  const { toast } = useDialogs();
  const [text, setText] = useState(limit.own === undefined ? '' : String(limit.own));
  const set = useSetLimit(name);
  const own = text.trim() === '' ? 0 : Number(text.trim());
  const wrong = !Number.isInteger(own) || own < 0 || (text.trim() !== '' && own === 0);
  const refusal = set.error === null ? undefined : asApiError(set.error);
  const high = refusal?.code === 'connection.limit_high';
  const send = () =>
    set.mutate({ limit, own, sure: high }, {
      onSuccess: () => {
        toast(t('traffic.saved', { name }));
        onClose();
      },
    });
  return (
    <Dialog
      title={t('traffic.dialog', { name })} submit={high ? t('traffic.sure') : t('common:action.save')} danger={high} cancel={t('common:action.cancel')}
      pending={set.isPending} disabled={wrong} onSubmit={send} onClose={onClose}
    >
      {refusal !== undefined && (
        <Banner tone={high ? 'warn' : 'err'} title={refusal.message}>
          {refusal.hint}
        </Banner>
      )}
      <p>{t(limit.perOperation === true ? 'traffic.declaredEach' : 'traffic.declared', { count: limit.calls, span: formatSpan(limit.perMs, t) })}</p>
      <TextField
        label={t('traffic.ownLabel', { span: formatSpan(limit.perMs, t) })} value={text} hint={t('traffic.ownHint')} error={wrong ? t('traffic.whole') : undefined} autoComplete="off"
        onChange={(next) => {
          setText(next);
          if (set.error !== null) set.reset();
        }}
      />
    </Dialog>
  );
}
