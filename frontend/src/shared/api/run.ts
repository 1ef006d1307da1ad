import { queryOptions } from '@tanstack/react-query';
import { api, take } from './client';
import { keys } from './keys';

/** One run, with the groups of problems that its snapshots leave out. */
export const runOf = (id: string) => queryOptions({ queryKey: keys.run(id), queryFn: ({ signal }) => take(api.GET('/runs/{id}', { params: { path: { id } }, signal })) });
