import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeEventSource } from '../testing/render';
import { openStream, retryStreams, type StreamEvent, type StreamState } from './sse';

function follow() {
  const events: StreamEvent[] = [];
  const states: StreamState[] = [];
  const close = openStream('/runs/7/events', {
    types: ['progress', 'end'], onEvent: (event) => events.push(event), onState: (state) => states.push(state), EventSource: FakeEventSource as unknown as typeof EventSource,
  });
  const source = () => FakeEventSource.all.at(-1) as FakeEventSource;
  return { events, states, close, source };
}

describe('openStream', () => {
  beforeEach(() => {
    FakeEventSource.all = [];
    vi.useFakeTimers();
    return () => vi.useRealTimers();
  });

  it('tells the state and what comes, named or not', () => {
    const { events, states, source } = follow();
    expect(source().url).toBe('/api/v1/runs/7/events');
    source().open();
    source().send({ seq: 1, type: 'progress', at: '', data: {} });
    source().listeners.get('end')?.({ data: '{"seq":2,"type":"end","at":"","data":{}}' });
    expect(states).toEqual(['connecting', 'live']);
    expect(events.map(({ seq, type }) => `${seq} ${type}`)).toEqual(['1 progress', '2 end']);
  });

  it('drops repeats and half messages', () => {
    const { events, source } = follow();
    source().open();
    for (const seq of [1, 2, 2, 1, 3]) source().send({ seq, type: 'progress', at: '', data: {} });
    source().onmessage?.({ data: '{"seq":4,' });
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('takes low numbers again once a line was opened anew: the server may have restarted', () => {
    const { events, states, source } = follow();
    source().open();
    source().send({ seq: 90, type: 'progress', at: '', data: {} });
    source().fail(FakeEventSource.CONNECTING);
    source().open();
    source().send({ seq: 1, type: 'progress', at: '', data: {} });
    expect(states).toEqual(['connecting', 'live', 'reconnecting', 'live']);
    expect(events.map(({ seq }) => seq)).toEqual([90, 1]);
  });

  it('reconnects after a refusal, waiting longer each time', () => {
    const { source, states } = follow();
    const waits: number[] = [];
    for (let i = 0; i < 7; i++) {
      const before = FakeEventSource.all.length;
      source().fail(FakeEventSource.CLOSED);
      let waited = 0;
      while (FakeEventSource.all.length === before && waited < 60_000) {
        vi.advanceTimersByTime(500);
        waited += 500;
      }
      waits.push(waited);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(states.at(-1)).toBe('reconnecting');
  });

  it('does not wait any longer once it is told that the refusal is over', () => {
    const { source } = follow();
    source().fail(FakeEventSource.CLOSED);
    retryStreams();
    expect(FakeEventSource.all).toHaveLength(2);
    retryStreams();
    vi.advanceTimersByTime(120_000);
    expect(FakeEventSource.all).toHaveLength(2);
  });

  it('leaves reconnecting to the browser when that does it', () => {
    const { source } = follow();
    source().fail(FakeEventSource.CONNECTING);
    vi.advanceTimersByTime(120_000);
    expect(FakeEventSource.all).toHaveLength(1);
  });

  it('stays closed', () => {
    const { source, close } = follow();
    source().fail(FakeEventSource.CLOSED);
    close();
    vi.advanceTimersByTime(120_000);
    expect(FakeEventSource.all).toHaveLength(1);
    expect(source().readyState).toBe(FakeEventSource.CLOSED);
  });
});
