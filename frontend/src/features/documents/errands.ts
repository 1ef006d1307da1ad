import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import type { Errand } from '../../shared/api/types';
import { parseKeeping, type RawJson } from '../../shared/lib/json';

const key = (id: string) => [...keys.document(id), 'errands'] as const;

const PAYLOADS = new Set(['params', 'body', 'answer']);

/** A call whose payloads stay exactly as the server wrote them. */
export type LedgerErrand = Omit<Errand, 'params' | 'body' | 'answer'> & { params?: RawJson; body?: RawJson; answer?: RawJson };

/** Reads the calls of a document. */
export function readErrands(text: string): LedgerErrand[] {
  return (parseKeeping(text, PAYLOADS) as { items?: LedgerErrand[] }).items ?? [];
}

/** The calls made after the walks of a document. */
export function useErrands(id: string) {
  return useQuery({
    queryKey: key(id),
    // As text: payloads hold numbers that JSON.parse would round.
    queryFn: async ({ signal }) => readErrands(await take(api.GET('/documents/{id}/errands', { params: { path: { id } }, parseAs: 'text', signal }))),
    refetchInterval: (query) => (query.state.data?.some((one) => one.dueAt !== undefined) === true ? 3000 : false),
  });
}

interface Mend {
  errand: string;
  seen: string;
}

/** Makes a call again, or lets it go. */
export function useMend(id: string) {
  const client = useQueryClient();
  const options = {
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.document(id) });
      void client.invalidateQueries({ queryKey: keys.documents });
    },
  };
  return {
    retry: useMutation({
      mutationFn: ({ errand, seen }: Mend) => take(api.POST('/errands/{id}/retry', { params: { path: { id: errand } }, body: { seen }, parseAs: 'text' })),
      ...options,
    }),
    skip: useMutation({
      mutationFn: ({ errand, seen, note }: Mend & { note: string }) =>
        take(api.POST('/errands/{id}/skip', { params: { path: { id: errand } }, body: { seen, note }, parseAs: 'text' })),
      ...options,
    }),
  };
}
