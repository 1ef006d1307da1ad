import { useQuery } from '@tanstack/react-query';
import { LASTING } from '../../shared/api/catalog';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';

/** The fields that a flow's documents have; '' asks for nothing. */
export function useColumns(flow: string) {
  return useQuery({
    queryKey: keys.columns(flow),
    enabled: flow !== '',
    staleTime: LASTING,
    queryFn: async ({ signal }) => (await take(api.GET('/flows/{id}/columns', { params: { path: { id: flow } }, signal }))).items,
  });
}
