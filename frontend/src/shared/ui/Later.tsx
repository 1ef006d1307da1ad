import { Component, type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, isOutdated } from '../api/errors';
import { Dialog } from './Dialog';
import { Trouble } from './Trouble';

interface Props {
  children: ReactNode;
  /** What stands there while its code comes: nothing for what opens over the page. */
  fallback?: ReactNode;
  /** Given for a dialog: what keeps it from opening is told in one, and this closes it. */
  onClose?: () => void;
  /** Awaited before the page is loaded again: what is not saved yet would be lost. */
  before?: () => Promise<unknown>;
}

interface State {
  error: unknown;
}

/** A part whose code comes when it is shown. Without it the rest of the page stays, and what was typed there too. */
export class Later extends Component<Props, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render() {
    const { error } = this.state;
    const { children, fallback = null, onClose, before } = this.props;
    const reload = () => void Promise.resolve(before?.()).finally(() => globalThis.location.reload());
    if (error === undefined) return <Suspense fallback={fallback}>{children}</Suspense>;
    if (onClose === undefined || !isOutdated(error)) return <Trouble error={error} onRetry={reload} />;
    return (
      <Missed
        error={error}
        onReload={reload}
        onClose={() => {
          this.setState({ error: undefined });
          onClose();
        }}
      />
    );
  }
}

function Missed({ error, onReload, onClose }: { error: unknown; onReload: () => void; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog role="alertdialog" title={t('trouble.outdated.title')} submit={t('action.reload')} cancel={t('action.cancel')} onSubmit={onReload} onClose={onClose}>
      <p>{t('trouble.outdated.text')}</p>
      <p>
        <code>{asApiError(error).code}</code>
      </p>
    </Dialog>
  );
}
