import { createContext, useContext } from 'react';
import type { StreamState } from '../api/sse';

/** The state of the workspace's event stream, told by the shell. */
export const LiveContext = createContext<StreamState>('ended');

/** While the stream is down, pages ask again by themselves at this pace (ms); false while it is up. */
export function usePollWhileDown(pace = 15_000): number | false {
  return useContext(LiveContext) === 'live' ? false : pace;
}
