import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import type { Json } from '../../shared/api/types';

/** A few real records of a source that is not saved yet. */
export function useFirstRecords(document: Json | undefined) {
  return useQuery({
    queryKey: [...keys.flows, 'sketch', JSON.stringify(document)],
    enabled: document !== undefined,
    retry: false,
    staleTime: Infinity,
    queryFn: ({ signal }) => take(api.POST('/flows/sample', { body: { document: document ?? null, node: 'source', count: 3 }, signal })),
  });
}

export function useCreateFlow() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ title, document }: { title: string; document: Json }) => take(api.POST('/flows', { body: { title, document } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.flows }),
  });
}
