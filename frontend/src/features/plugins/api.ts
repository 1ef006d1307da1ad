import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import { asBytes } from '../../shared/api/upload';
import { usePollWhileDown } from '../../shared/hooks/useLive';

/** What installing a package is told besides the package. */
export interface Allowed {
  /** That of the package which was looked at. */
  sum: string;
  unsigned: boolean;
  downgrade: boolean;
  inactive: boolean;
}

/** The installed connectors with their versions. */
export function usePlugins() {
  const pace = usePollWhileDown();
  return useQuery({ queryKey: keys.plugins, queryFn: ({ signal }) => take(api.GET('/plugins', { signal })), refetchInterval: pace });
}

/** What comes with a version to read. */
export function usePluginPages(id: string, version: string | undefined, language: string) {
  return useQuery({
    queryKey: keys.pluginPages(id, version ?? '', language),
    queryFn: async ({ signal }) => (await take(api.GET('/plugins/{id}/versions/{version}/pages', { params: { path: { id, version: version ?? '' } }, signal }))).items,
    enabled: version !== undefined,
  });
}

/** What a package is and what installing it would do. */
export function useInspect() {
  return useMutation({ mutationFn: (file: File) => take(api.POST('/plugins/inspect', { ...asBytes, body: file as unknown as string })) });
}

/** What an installed version has otherwise than the one that serves. */
export function useEffectOf(id: string, version: string) {
  return useQuery({
    queryKey: [...keys.plugins, 'effect', id, version] as const,
    queryFn: ({ signal }) => take(api.GET('/plugins/{id}/versions/{version}/effect', { params: { path: { id, version } }, signal })),
  });
}

export function usePluginActions() {
  const client = useQueryClient();
  // A connector that comes, goes or changes is another choice for every form.
  const onSettled = () => Promise.all([client.invalidateQueries({ queryKey: keys.plugins }), client.invalidateQueries({ queryKey: keys.connectors }), client.invalidateQueries({ queryKey: keys.nodes }), client.invalidateQueries({ queryKey: keys.allHelp })]);
  return {
    install: useMutation({
      mutationFn: ({ file, allowed }: { file: File; allowed: Allowed }) => take(api.POST('/plugins', { ...asBytes, params: { query: allowed }, body: file as unknown as string })), onSettled,
    }),
    activate: useMutation({
      mutationFn: ({ id, version }: { id: string; version: string }) => take(api.POST('/plugins/{id}/activate', { params: { path: { id } }, body: { version } })), onSettled,
    }),
    pin: useMutation({ mutationFn: ({ id, pinned }: { id: string; pinned: boolean }) => take(api.POST('/plugins/{id}/pin', { params: { path: { id } }, body: { pinned } })), onSettled }),
    remove: useMutation({
      mutationFn: ({ id, version }: { id: string; version: string }) => take(api.DELETE('/plugins/{id}/versions/{version}', { params: { path: { id, version } } })), onSettled,
    }),
  };
}
