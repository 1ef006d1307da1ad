import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import type { CopyWish } from './model/copying';

/** The templates of the market, as cards show them. */
export function useTemplates() {
  return useQuery({ queryKey: keys.templates, queryFn: async ({ signal }) => (await take(api.GET('/templates', { signal }))).items });
}

/** A template with its flows and what it needs here. */
export function useTemplate(id: string) {
  return useQuery({ queryKey: keys.template(id), queryFn: ({ signal }) => take(api.GET('/templates/{id}', { params: { path: { id } }, signal })) });
}

/** Makes flows and code tables of a template, all or none. */
export function useCopyTemplate(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CopyWish) => take(api.POST('/templates/{id}/copy', { params: { path: { id } }, body })),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: keys.flows }), client.invalidateQueries({ queryKey: keys.codeTables }), client.invalidateQueries({ queryKey: keys.template(id) })]),
  });
}

/** What makes a copy work: one document tried, then published and enabled. */
export function useCopiedFlow(flow: string) {
  const client = useQueryClient();
  const path = { id: flow };
  return {
    tryOne: useMutation({ mutationFn: () => take(api.POST('/flows/{id}/dry-runs', { params: { path }, body: { count: 1, version: 'draft' } })) }),
    begin: useMutation({
      mutationFn: async ({ published, note }: { published: boolean; note: string }) => {
        if (!published) await take(api.POST('/flows/{id}/publish', { params: { path }, body: { note } }));
        return take(api.POST('/flows/{id}/enable', { params: { path }, body: {} }));
      },
      onSettled: () => Promise.all([client.invalidateQueries({ queryKey: keys.flows }), client.invalidateQueries({ queryKey: keys.flow(flow) })]),
    }),
  };
}
