import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, take } from '../../../shared/api/client';
import { keys } from '../../../shared/api/keys';
import { parseKeeping, type RawJson } from '../../../shared/lib/json';

/** What people did about a document; fetched anew when the document has changed. */
export function useHistory(id: string, changed: string) {
  return useQuery({
    queryKey: [...keys.document(id), 'history', changed],
    queryFn: async ({ signal }) => (await take(api.GET('/documents/{id}/history', { params: { path: { id } }, signal }))).items ?? [],
    placeholderData: keepPreviousData,
  });
}

const TEXTS = new Set(['before', 'after']);

/** Both texts of an edit, as they were written. */
export function useChange(id: string, no: string) {
  return useQuery({
    queryKey: [...keys.document(id), 'change', no],
    queryFn: async ({ signal }) => parseKeeping(await take(api.GET('/documents/{id}/history/{no}', { params: { path: { id, no } }, parseAs: 'text', signal })), TEXTS) as { before?: RawJson; after?: RawJson },
  });
}
