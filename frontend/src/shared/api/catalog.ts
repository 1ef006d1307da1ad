import { useQuery } from '@tanstack/react-query';
import { api, take } from './client';
import { keys } from './keys';
import type { Operation } from './types';

/** How long what the program itself declares is taken as fresh (ms). */
export const LASTING = 5 * 60_000;

/** What each type of node declares. */
export function useDeclarations() {
  return useQuery({ queryKey: keys.nodes, staleTime: LASTING, queryFn: async ({ signal }) => (await take(api.GET('/catalog/nodes', { signal }))).items });
}

/** The installed connectors. */
export function useConnectors() {
  return useQuery({ queryKey: keys.connectors, staleTime: LASTING, queryFn: async ({ signal }) => (await take(api.GET('/catalog/connectors', { signal }))).items });
}

/** The workspace's connections. */
export function useConnections() {
  return useQuery({ queryKey: keys.connections, queryFn: async ({ signal }) => (await take(api.GET('/connections', { signal }))).items, refetchInterval: PACE });
}

/** While documents are walked codes turn out to be missing and systems stop answering, so both are asked for again (ms). */
const PACE = 10_000;

/** The workspace's code tables. */
export function useCodeTables() {
  return useQuery({ queryKey: keys.codeTables, queryFn: async ({ signal }) => (await take(api.GET('/code-tables', { signal }))).items, refetchInterval: PACE });
}

/** The fields of one operation; undefined names ask for nothing. */
export function useOperation(connector: string | undefined, name: string | undefined) {
  return useQuery<Operation>({
    queryKey: [...keys.connectors, connector, name],
    enabled: connector !== undefined && name !== undefined && name !== '',
    staleTime: LASTING,
    queryFn: ({ signal }) => take(api.GET('/catalog/connectors/{id}/operations/{name}', { params: { path: { id: connector ?? '', name: name ?? '' } }, signal })),
  });
}
