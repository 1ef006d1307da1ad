import { useTranslation } from 'react-i18next';
import { asApiError } from '~/shared/api/errors';
import { useDialogs } from '~/shared/ui/dialogs';
import { basisOf } from '~/model/basis';
import { useDesigner } from '../designer.store';
import { pin, unpin } from './pins';

/** Whether a node's sample stays with it, whether it is out of date, and the switch. */
export function usePin(source: string) {
  const { t } = useTranslation('designer');
  const { toast } = useDialogs();
  const sample = useDesigner((state) => state.samples[source]);
  const node = useDesigner((state) => state.graph.nodes.get(source));
  const readOnly = useDesigner((state) => state.readOnly);
  const pinned = sample?.pinned !== undefined;
  const toggle = () => {
    const done = pinned ? unpin(source) : pin(source);
    done.then(() => toast(t(pinned ? 'sample.unpinned' : 'sample.pinnedNow'))).catch((error: unknown) => toast(asApiError(error).message, 'err'));
  };
  return { toggle, pinned, readOnly, stale: sample !== undefined && sample.basis !== '' && sample.basis !== basisOf(node) };
}
