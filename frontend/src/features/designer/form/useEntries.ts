import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type FlowNode, readDocument } from '~/model/document';
import { type Entrance, entriesOf } from '~/model/entries';
import { keys } from '~/shared/api/keys';
import { useFlowVersion } from '~/shared/api/nodeNames';
import type { FlowSummary } from '~/shared/api/types';
import { getFlow } from '../api';
import { useDesigner } from '../designer.store';

/**
 * Where documents enter a flow, as the server sees it from other flows: in its published
 * version, or in its draft where it has none. Undefined while nothing is known of it.
 */
export function useEntries(flow: FlowSummary | undefined, wanted: Entrance): FlowNode[] | undefined {
  const types = useDesigner((state) => state.types);
  const id = flow?.id ?? '';
  const published = flow?.publishedVersion ?? 0;
  const version = useFlowVersion(flow?.id, published);
  const draft = useQuery({ queryKey: [...keys.flow(id), 'entries'], queryFn: ({ signal }) => getFlow(id, signal), enabled: id !== '' && published === 0, retry: false });
  const document = published > 0 ? version.data?.document : draft.data?.document;
  return useMemo(() => (document === undefined ? undefined : entriesOf(readDocument(document), types, wanted)), [document, types, wanted]);
}
