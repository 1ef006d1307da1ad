import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useDialogs } from '../../../shared/ui/dialogs';

interface Props {
  label: string;
  /** What it is about, for those who do not see the row. */
  of: string;
  /** Whether the server lets it be ordered now, else why not. */
  may: { allowed: boolean; message?: string | undefined; hint?: string | undefined };
  danger?: boolean;
  busy?: boolean;
  onOrder: () => void;
}

/** A button that says why, where its order is not allowed: on hover, to screen readers, and when it is pressed. */
export function Order({ label, of, may, danger = false, busy = false, onOrder }: Props) {
  const { t } = useTranslation('flowhome');
  const { tell } = useDialogs();
  const why = [may.message, may.hint].filter(Boolean).join(' ');
  return (
    <Button
      size="small" danger={danger} loading={busy} aria-disabled={!may.allowed} aria-label={may.allowed ? t('order.of', { label, of }) : t('order.not', { label, of, why })} title={may.allowed ? undefined : why}
      style={may.allowed ? undefined : { opacity: 1, color: 'var(--kz-text-3)', background: 'var(--kz-sunken)', borderColor: 'var(--kz-border)' }}
      onClick={() => (may.allowed ? onOrder() : tell({ title: t('order.cannot', { label }), text: why }))}
    >
      {label}
    </Button>
  );
}
