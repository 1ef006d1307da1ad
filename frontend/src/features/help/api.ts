import { useQuery } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';

// The pages come with the program: they stay as they are while it runs.
const NEVER_OLD = { staleTime: Infinity };

export function useHelpTitles(language: string) {
  return useQuery({ queryKey: keys.help(language, ''), queryFn: async ({ signal }) => (await take(api.GET('/help', { signal }))).items, ...NEVER_OLD });
}

export function useHelpPage(language: string, page: string | undefined) {
  return useQuery({
    queryKey: keys.help(language, page ?? ''),
    queryFn: ({ signal }) => take(api.GET('/help/{page}', { params: { path: { page: page ?? '' } }, signal })),
    enabled: page !== undefined,
    ...NEVER_OLD,
  });
}
