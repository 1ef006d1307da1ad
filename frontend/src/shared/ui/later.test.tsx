import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { lazy, useState } from 'react';
import { expect, it, vi } from 'vitest';
import { Later } from './Later';

// What browsers say of code that is gone after an update of the server.
const gone = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module: http://karez.test/app/assets/Part-old.js'));

it('keeps the page and what was typed when a dialog can not be loaded', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const Part = lazy(gone);
  function Page() {
    const [open, setOpen] = useState(false);
    return (
      <>
        <input aria-label="words" />
        <button onClick={() => setOpen(true)}>open</button>
        {open && (
          <Later onClose={() => setOpen(false)}>
            <Part />
          </Later>
        )}
      </>
    );
  }
  const user = userEvent.setup();
  render(<Page />);
  await user.type(screen.getByLabelText('words'), 'kept');
  await user.click(screen.getByRole('button', { name: 'open' }));
  const told = await screen.findByRole('alertdialog', { name: '页面的这一部分无法加载' });
  expect(told.textContent).toContain('page.outdated');
  await user.click(screen.getByRole('button', { name: /取 ?消/ }));
  expect(screen.queryByRole('alertdialog')).toBeNull();
  expect(screen.getByLabelText<HTMLInputElement>('words').value).toBe('kept');
});

it('saves before it loads the page again', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const order: string[] = [];
  vi.stubGlobal('location', { ...globalThis.location, reload: () => order.push('reload') });
  const Part = lazy(gone);
  render(
    <Later before={async () => order.push('save')}>
      <Part />
    </Later>,
  );
  await userEvent.click(await screen.findByRole('button', { name: '刷新页面' }));
  await vi.waitFor(() => expect(order).toEqual(['save', 'reload']));
  vi.unstubAllGlobals();
});
