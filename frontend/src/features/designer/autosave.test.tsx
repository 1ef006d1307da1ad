import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { useReenter } from '~/shared/api/session';
import type { Session } from '~/shared/api/types';
import { setTitle } from '~/model/document';
import { change } from './actions';
import { current, documentNow } from './designer.store';
import { draw, flowOf, openFlow, serve } from './testing';
import { saveNow, useAutosave } from './useAutosave';

const session = { user: { id: '1', name: 'amy', role: 'editor' }, workspace: { id: '1', name: '本地' } } as unknown as Session;

function Page() {
  useAutosave();
  const reenter = useReenter();
  return <button onClick={() => reenter(structuredClone(session))}>log in</button>;
}

describe('a draft that could not be saved', () => {
  beforeEach(() => openFlow());

  it.each([
    ['the login over the page', () => fireEvent.click(screen.getByRole('button', { name: 'log in' }))],
    ['the line that is back', () => fireEvent(window, new Event('online'))],
  ])('is saved at once after %s', async (_, mend) => {
    let refuse = true;
    const calls = serve({
      'GET /session': () => ({ body: session }),
      'PUT /flows/f1': () => (refuse ? { status: 401, body: { code: 'auth.login_required', message: 'log in', status: 401 } } : { body: flowOf(undefined, { etag: '"2"' }) }),
    });
    draw(<Page />);
    await waitFor(() => expect(calls.map(({ call }) => call)).toEqual(['GET /session']));
    change(setTitle(documentNow(), 'bill', 'Return'));
    await act(() => saveNow());
    expect(current().save).toBe('failed');
    refuse = false;
    mend();
    await waitFor(() => expect(current().save).toBe('saved'));
  });
});
