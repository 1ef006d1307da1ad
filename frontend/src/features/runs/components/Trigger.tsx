import { useTranslation } from 'react-i18next';
import type { Json, Run } from '../../../shared/api/types';
import { count } from '../../../shared/lib/counts';
import { drawnNodes } from '../../../shared/lib/drawnNodes';
import { formatCount } from '../../../shared/lib/format';
import { kindOf, pastOf } from '../model/trigger';

/** What started a run; of one that reads a source's past also which and what it found. */
export function Trigger({ run, nodes }: { run: Run; nodes?: Json | undefined }) {
  const { t, i18n } = useTranslation('runs');
  const kind = kindOf(run.trigger);
  const past = pastOf(run);
  const name = t(`trigger.${kind}`, { defaultValue: run.trigger });
  if (past === undefined) return <span>{name}</span>;
  const found = count(run.counts, past.kind === 'sweep' ? 'found' : 'accepted');
  const title = nodes === undefined ? '' : (drawnNodes(nodes).find(({ id }) => id === past.node)?.title ?? '');
  return <span>{[name, title, t('past.found', { count: found, shown: formatCount(found, i18n.language) })].filter((part) => part !== '').join(' · ')}</span>;
}
