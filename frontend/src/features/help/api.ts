import { useQuery } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';

// The pages come with the program and its plugins: whoever changes those marks them as stale, and others see it soon.
const SELDOM_OLD = { staleTime: 5 * 60_000 };

export function useHelpTitles(language: string) {
  return useQuery({ queryKey: keys.help(language, ''), queryFn: async ({ signal }) => (await take(api.GET('/help', { signal }))).items, ...SELDOM_OLD });
}

export function useHelpPage(language: string, page: string | undefined) {
  return useQuery({
    queryKey: keys.help(language, page ?? ''),
    queryFn: ({ signal }) => take(api.GET('/help/{page}', { params: { path: { page: page ?? '' } }, signal })),
    enabled: page !== undefined,
    ...SELDOM_OLD,
  });
}
