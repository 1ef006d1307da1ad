import { lazy, Suspense } from 'react';
import { useDesigner } from '../designer.store';
import { ConflictDialog } from './ConflictDialog';
import { PublishDialog } from './PublishDialog';
import { ShortcutsDialog } from './ShortcutsDialog';

const SettingsDialog = lazy(() => import('../settings/SettingsDialog'));

/** Dialogs of the flow as a whole, fetched when the first of them is wanted. */
export default function Dialogs() {
  const settings = useDesigner((state) => state.dialog === 'settings');
  return (
    <>
      <PublishDialog />
      <ConflictDialog />
      <ShortcutsDialog />
      {settings && (
        <Suspense fallback={null}>
          <SettingsDialog />
        </Suspense>
      )}
    </>
  );
}
