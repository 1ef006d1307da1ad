import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';

const key = (id: string) => [...keys.document(id), 'errands'] as const;

/** The calls made after the walks of a document. */
export function useErrands(id: string) {
  return useQuery({
    queryKey: key(id),
    queryFn: ({ signal }) => take(api.GET('/documents/{id}/errands', { params: { path: { id } }, signal })),
    refetchInterval: (query) => (query.state.data?.items.some((one) => one.dueAt !== undefined) === true ? 3000 : false),
  });
}

interface Mend {
  errand: string;
  action: 'retry' | 'skip';
  seen: string;
}

/** Makes a call again, or lets it go. */
export function useMend(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ errand, action, seen }: Mend) => {
      const request = { params: { path: { id: errand } }, body: { seen } };
      return take(action === 'retry' ? api.POST('/errands/{id}/retry', request) : api.POST('/errands/{id}/skip', request));
    },
    onSettled: () => void client.invalidateQueries({ queryKey: keys.document(id) }),
  });
}
