import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, take } from './client';
import { keys } from './keys';

/** Starts a run of a flow that fetches the documents with these numbers. */
export function usePullNumbers(flow: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (numbers: string[]) => take(api.POST('/flows/{id}/pull', { params: { path: { id: flow } }, body: { numbers } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.runs }),
  });
}
