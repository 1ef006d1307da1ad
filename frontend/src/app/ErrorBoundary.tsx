import { Component, type ReactNode } from 'react';
import { Trouble } from '../shared/ui/Trouble';

interface Props {
  children: ReactNode;
}

/** Catches what a page throws while it draws, so that the rest stays usable. */
export class ErrorBoundary extends Component<Props, { error: unknown }> {
  override state = { error: undefined as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    return <Trouble error={this.state.error} onRetry={() => globalThis.location.reload()} />;
  }
}
