import { useQuery } from '@tanstack/react-query';
import { api, take } from '~/shared/api/client';
import { keys } from '~/shared/api/keys';
import type { Json } from '~/shared/api/types';
import { asJson, type FlowDocument } from '~/model/document';
import { saveNow } from '../useAutosave';

/** How the draft differs from what is published. It is saved first, for that is what will be published. */
export function useDraftChanges(id: string, published: number) {
  return useQuery({
    queryKey: [...keys.flow(id), 'draftChanges', published],
    gcTime: 0,
    queryFn: async ({ signal }) => {
      await saveNow();
      return take(api.GET('/flows/{id}/diff', { params: { path: { id }, query: { from: published === 0 ? 'nothing' : String(published), to: 'draft' } }, signal }));
    },
  });
}

/** How two documents differ that need not be saved. */
export function useComparison(id: string, from: Json | undefined, to: FlowDocument) {
  return useQuery({
    queryKey: [...keys.flow(id), 'comparison', from, to],
    enabled: from !== undefined,
    gcTime: 0,
    queryFn: ({ signal }) => take(api.POST('/flows/compare', { body: { from: from ?? null, to: asJson(to) }, signal })),
  });
}
