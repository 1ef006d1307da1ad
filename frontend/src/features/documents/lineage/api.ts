import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, take } from '../../../shared/api/client';
import { keys } from '../../../shared/api/keys';

/** Where a document came from and what became of it; fetched anew when the document has changed. */
export function useLineage(id: string, changed: string) {
  return useQuery({
    queryKey: [...keys.document(id), 'lineage', changed],
    queryFn: ({ signal }) => take(api.GET('/documents/{id}/lineage', { params: { path: { id } }, signal })),
    placeholderData: keepPreviousData,
  });
}
