import { useEffect, useRef, useState } from 'react';
import { API_BASE } from './client';

export interface StreamEvent<T = unknown> {
  seq: number;
  type: string;
  at: string;
  data: T;
}

/** connecting: the first try is under way. reconnecting: it failed or the line was lost. */
export type StreamState = 'connecting' | 'live' | 'reconnecting' | 'ended';

export interface StreamOptions {
  onEvent: (event: StreamEvent) => void;
  onState: (state: StreamState) => void;
  /** Event names besides the nameless one. */
  types: readonly string[];
  /** For tests. */
  EventSource?: typeof EventSource;
}

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;

const waiting = new Set<() => void>();

/** Opens the streams that wait for their next try: what refused them is gone. */
export function retryStreams() {
  for (const connect of [...waiting]) connect();
}

/**
 * Keeps an event stream open. The browser reconnects by itself after a lost
 * line, but not after a refusal (a restarting proxy answers 502), so this does,
 * with growing waits. Returns what closes it.
 */
export function openStream(path: string, { onEvent, onState, types, EventSource: Source = EventSource }: StreamOptions): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = FIRST_WAIT;
  let newest = -1;

  const receive = (message: MessageEvent<string>) => {
    let event: StreamEvent;
    try {
      event = JSON.parse(message.data) as StreamEvent;
    } catch {
      return; // A half-written message; the next snapshot is whole.
    }
    // A repeat after a reconnect carries nothing new.
    if (typeof event.seq === 'number') {
      if (event.seq <= newest) return;
      newest = event.seq;
    }
    onEvent(event);
  };

  const connect = () => {
    clearTimeout(timer);
    waiting.delete(connect);
    source = new Source(API_BASE + path, { withCredentials: true });
    source.onopen = () => {
      // Numbers may start anew when the server did.
      newest = -1;
      wait = FIRST_WAIT;
      onState('live');
    };
    source.onerror = () => {
      onState('reconnecting');
      if (source?.readyState === Source.CLOSED) {
        timer = setTimeout(connect, wait);
        waiting.add(connect);
        wait = Math.min(wait * 2, LONGEST_WAIT);
      }
    };
    source.onmessage = receive;
    for (const type of types) source.addEventListener(type, receive as EventListener);
  };
  onState('connecting');
  connect();
  return () => {
    clearTimeout(timer);
    waiting.delete(connect);
    source?.close();
  };
}

/** Follows a stream while the component is mounted; path undefined follows nothing. */
export function useStream(path: string | undefined, types: readonly string[], onEvent: (event: StreamEvent) => void): StreamState {
  const [state, setState] = useState<StreamState>('connecting');
  const handler = useRef(onEvent);
  useEffect(() => {
    handler.current = onEvent;
  });
  const names = types.join(' ');
  useEffect(() => {
    if (path === undefined) return;
    return openStream(path, { types: names.split(' '), onState: setState, onEvent: (event) => handler.current(event) });
  }, [path, names]);
  return path === undefined ? 'ended' : state;
}
