import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../../shared/api/client';
import { keys } from '../../../shared/api/keys';
import type { LedgerView } from '../../../shared/api/types';
import type { Look } from './look';

/** The views that the person sees, and the one that her ledger opens with. */
export function useViews() {
  return useQuery({ queryKey: keys.views, staleTime: 30_000, queryFn: ({ signal }) => take(api.GET('/views', { signal })) });
}

export interface Wish {
  name: string;
  shared: boolean;
  look: Look;
}

const bodyOf = ({ name, shared, look: { filter, period, columns } }: Wish) => ({ name, shared, filter, columns, ...(period === '' ? {} : { period }) });

/** What can be done with views. Each brings the list up to date, refused or not: somebody else may have been faster. */
export function useViewActions() {
  const client = useQueryClient();
  const options = { onSettled: () => client.invalidateQueries({ queryKey: keys.views }) };
  return {
    create: useMutation({ mutationFn: (wish: Wish) => take(api.POST('/views', { body: bodyOf(wish) })), ...options }),
    save: useMutation({
      mutationFn: ({ view, wish }: { view: LedgerView; wish: Wish }) => take(api.PUT('/views/{id}', { params: { path: { id: view.id } }, body: { ...bodyOf(wish), version: view.version } })),
      ...options,
    }),
    remove: useMutation({ mutationFn: (id: string) => take(api.DELETE('/views/{id}', { params: { path: { id } } })), ...options }),
    choose: useMutation({ mutationFn: (choice: string) => take(api.PUT('/views/choice', { body: { choice } })), ...options }),
  };
}
