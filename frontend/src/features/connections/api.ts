import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import { trafficOf } from '../../shared/api/traffic';
import type { components } from '../../shared/api/schema.gen';
import type { Limit } from '../../shared/api/types';

export function useRemove() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => take(api.DELETE('/connections/{name}', { params: { path: { name } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.connections }),
  });
}

/** Asks the real system whether a stored connection works. */
export function useCheckStored() {
  return useMutation({ mutationFn: (name: string) => take(api.POST('/connections/{name}/check', { params: { path: { name } }, body: {} })) });
}

/** How often is asked how calls stand. */
const PACE = 10_000;

/** How calls of a connection stand: its limits, and whether its system answers. */
export function useTraffic(name: string) {
  return useQuery({ ...trafficOf(name), refetchInterval: PACE });
}

/** Puts calls in place of those of a declared limit; 0 takes them back. */
export function useSetLimit(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ limit: { calls, perMs, perOperation = false }, own, sure }: { limit: Limit; own: number; sure: boolean }) =>
      take(api.PUT('/connections/{name}/limit', { params: { path: { name } }, body: { calls, perMs, perOperation, own, sure } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.traffic(name) }),
  });
}

/** Lets calls be made at once that wait for the system. */
export function useResume(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => take(api.POST('/connections/{name}/resume', { params: { path: { name } } })),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: keys.traffic(name) }), client.invalidateQueries({ queryKey: keys.connections })]),
  });
}

export type BaseSet = components['schemas']['BaseSet'];

/** The queries of base data that a connection offers; asked again while one of their runs is under way. */
export function useBaseData(name: string) {
  return useQuery({
    queryKey: keys.baseData(name),
    queryFn: async ({ signal }) => (await take(api.GET('/connections/{name}/base-data', { params: { path: { name } }, signal }))).items,
    refetchInterval: ({ state }) => (state.data?.some(({ flow }) => flow?.lastRun?.state === 'queued' || flow?.lastRun?.state === 'running') === true ? 2_000 : false),
  });
}

/** Makes, publishes and runs the flows that collect the chosen base data; those that are there are run. */
export function useMakeBaseData(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (sets: { operation: string; form?: string }[]) =>
      (await take(api.POST('/connections/{name}/base-data', { params: { path: { name } }, body: { sets, run: true } }))).items,
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: keys.baseData(name) }), client.invalidateQueries({ queryKey: keys.connections })]),
  });
}
