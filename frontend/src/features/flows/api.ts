import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import { usePollWhileDown } from '../../shared/hooks/useLive';
import type { Answers } from './model/importing';

const PAGE = 50;

/** The flows whose title or name holds q, page by page. */
export function useFlowPages(q: string) {
  return useInfiniteQuery({
    queryKey: [...keys.flows, 'pages', q],
    queryFn: ({ pageParam, signal }) => take(api.GET('/flows', { params: { query: { q: q === '' ? undefined : q, after: pageParam, limit: PAGE } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next || undefined,
    refetchInterval: usePollWhileDown(),
    placeholderData: (before) => before,
  });
}

/** What can be done with a flow from the list. */
export function useFlowActions() {
  const client = useQueryClient();
  const stale = () => client.invalidateQueries({ queryKey: keys.flows });
  const changed = (id: string) => {
    void stale();
    void client.invalidateQueries({ queryKey: keys.flow(id) });
  };
  return {
    create: useMutation({ mutationFn: (title: string) => take(api.POST('/flows', { body: { title } })), onSuccess: stale }),
    copy: useMutation({
      mutationFn: ({ id, title }: { id: string; title: string }) => take(api.POST('/flows/{id}/copy', { params: { path: { id } }, body: { title } })),
      onSuccess: stale,
    }),
    setEnabled: useMutation({
      mutationFn: ({ id, enabled }: { id: string; enabled: boolean }) =>
        take(api.POST(enabled ? '/flows/{id}/enable' : '/flows/{id}/disable', { params: { path: { id } }, body: {} })),
      onSettled: (_data, _error, { id }) => changed(id),
    }),
    run: useMutation({
      mutationFn: (id: string) => take(api.POST('/flows/{id}/runs', { params: { path: { id } }, body: {} })),
      onSuccess: () => client.invalidateQueries({ queryKey: keys.runs }),
    }),
    remove: useMutation({
      mutationFn: (id: string) => take(api.DELETE('/flows/{id}', { params: { path: { id } } })),
      onSuccess: stale,
    }),
  };
}

/** Existing work, read and then saved as drafts. */
export function useImport() {
  const client = useQueryClient();
  return {
    preview: useMutation({ mutationFn: (work: { text: string; answers: Answers }) => take(api.POST('/flows/import/preview', { body: work })) }),
    save: useMutation({
      mutationFn: (work: { text: string; answers: Answers }) => take(api.POST('/flows/import', { body: work })),
      onSuccess: () => client.invalidateQueries({ queryKey: keys.flows }),
    }),
  };
}
