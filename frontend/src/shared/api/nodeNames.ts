import { useQuery } from '@tanstack/react-query';
import { drawnNodes } from '../lib/drawnNodes';
import { api, take } from './client';

/** A version of a flow, for what it says of its nodes. It may be gone; then ids do. */
export function useFlowVersion(flow: string | undefined, version: number | undefined) {
  return useQuery({
    queryKey: ['flow-version', flow, version],
    queryFn: ({ signal }) => take(api.GET('/flows/{id}/versions/{no}', { params: { path: { id: flow ?? '', no: version ?? 0 } }, signal })),
    enabled: flow !== undefined && version !== undefined && version > 0,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
}

/** Gives the title of a version's node, or its id where it has none. */
export function useNodeName(flow: string | undefined, version: number | undefined): (id: string) => string {
  const document = useFlowVersion(flow, version).data?.document;
  const nodes = drawnNodes(document);
  return (id) => nodes.find((node) => node.id === id)?.title || id;
}
