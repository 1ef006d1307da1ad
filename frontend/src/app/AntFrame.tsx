import { App } from 'antd';
import type { ReactNode } from 'react';

/** antd's own dialogs and messages, for the designer alone: they are too heavy for every page. */
export function AntFrame({ children }: { children: ReactNode }) {
  return <App component={false}>{children}</App>;
}
