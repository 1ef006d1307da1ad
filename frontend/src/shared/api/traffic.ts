import { queryOptions } from '@tanstack/react-query';
import { api, take } from './client';
import { keys } from './keys';

/** How calls of a connection stand: its limits, and whether its system answers. */
export const trafficOf = (name: string) =>
  queryOptions({ queryKey: keys.traffic(name), queryFn: ({ signal }) => take(api.GET('/connections/{name}/traffic', { params: { path: { name } }, signal })) });
