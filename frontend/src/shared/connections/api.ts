import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../api/client';
import { ApiError } from '../api/errors';
import { keys } from '../api/keys';
import type { Connection, ConnectionInput, Json } from '../api/types';

export interface Draft {
  name: string;
  connector: string;
  settings: { [key: string]: Json };
  secrets: Record<string, string>;
}

/**
 * Stores a new connection, or the changes of one: secrets that are not given stay as
 * they are. The changes name the revision they were made to; when somebody was
 * faster they are refused with the version that is stored now.
 */
export function useSave(existing: Connection | undefined) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ draft, revision }: { draft: Draft; revision: number }) => {
      const { settings, secrets } = draft;
      if (existing === undefined) return take(api.POST('/connections', { body: draft }));
      return take(api.PUT('/connections/{name}', { params: { path: { name: existing.name } }, body: { settings, secrets, revision } }));
    },
    onSuccess: () => client.invalidateQueries({ queryKey: keys.connections }),
  });
}

/** The version that somebody else stored meanwhile, when that is why it was refused. */
export function otherVersion(error: unknown): Connection | undefined {
  return error instanceof ApiError && error.code === 'connection.conflict' ? (error.stored as unknown as Connection | undefined) : undefined;
}

/** Asks the real system whether what stands in the form works; a stored connection lends the secrets that were left empty. */
export function useCheckDraft() {
  return useMutation({ mutationFn: (draft: ConnectionInput) => take(api.POST('/connections/check', { body: draft })) });
}
