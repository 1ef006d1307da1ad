import { useMemo } from 'react';
import type { Field, Json } from '~/shared/api/types';
import { nodeOf, readDocument, settingsOf } from '~/model/document';
import { type Line, mappingLines } from '~/model/mapping';
import { usePublishedVersion } from '../api';
import { useDesigner } from '../designer.store';

/** What a mapping was in the published version, or, before one is, when the flow was opened. */
export function useBefore(id: string, settingKey: string, target: readonly Field[]): Line[] {
  const flow = useDesigner((state) => state.flow);
  const opened = useDesigner((state) => state.history.past[0] ?? state.history.present);
  const published = usePublishedVersion(flow.id, flow.publishedVersion).data?.document;
  return useMemo(() => {
    const doc = flow.publishedVersion > 0 ? readDocument((published ?? null) as Json) : opened;
    return mappingLines(settingsOf(nodeOf(doc, id))[settingKey], target);
  }, [flow.publishedVersion, published, opened, id, settingKey, target]);
}
