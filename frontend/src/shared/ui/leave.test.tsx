import { screen } from '@testing-library/react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { expect, it } from 'vitest';
import { show } from '../testing/render';
import { useLeaveAsk } from './useLeaveAsk';

function Form() {
  const [words, setWords] = useState('');
  const navigate = useNavigate();
  const letGo = useLeaveAsk(words !== '');
  return (
    <>
      <input aria-label="words" value={words} onChange={(event) => setWords(event.target.value)} />
      <button onClick={() => void navigate('/other')}>away</button>
      <button
        onClick={() => {
          letGo();
          void navigate('/other');
        }}
      >
        saved
      </button>
    </>
  );
}

const closes = () => !globalThis.dispatchEvent(new Event('beforeunload', { cancelable: true }));

it('asks while something is typed, and only then', async () => {
  const { user, address } = show(<Form />);
  expect(closes()).toBe(false);
  await user.type(screen.getByLabelText('words'), 'kept');
  expect(closes()).toBe(true);
  await user.click(screen.getByRole('button', { name: 'away' }));
  await user.click(await screen.findByRole('button', { name: '留下' }));
  expect([address(), screen.getByLabelText<HTMLInputElement>('words').value]).toEqual(['/', 'kept']);
  await user.click(screen.getByRole('button', { name: 'away' }));
  await user.click(await screen.findByRole('button', { name: '离开' }));
  await screen.findByText('elsewhere');
  expect(closes()).toBe(false);
});

it('asks nobody who has nothing to lose', async () => {
  const { user } = show(<Form />);
  await user.click(screen.getByRole('button', { name: 'away' }));
  await screen.findByText('elsewhere');
});

it('asks nobody whose words are saved', async () => {
  const { user } = show(<Form />);
  await user.type(screen.getByLabelText('words'), 'x');
  await user.click(screen.getByRole('button', { name: 'saved' }));
  await screen.findByText('elsewhere');
});
