import { ConflictDialog } from './ConflictDialog';
import { PublishDialog } from './PublishDialog';
import { ShortcutsDialog } from './ShortcutsDialog';

/** Dialogs of the flow as a whole, fetched when the first of them is wanted. */
export default function Dialogs() {
  return (
    <>
      <PublishDialog />
      <ConflictDialog />
      <ShortcutsDialog />
    </>
  );
}
