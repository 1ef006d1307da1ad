import { act, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { endGuide, guideOf, isSeen, useGuides } from '~/shared/lib/guides.store';
import { open } from '~/shared/testing/render';
import Coach from './Coach';
import en from './i18n/en.json';
import zh from './i18n/zh-CN.json';
import { beside, NEEDED, STEPS } from './guides';

beforeEach(() => {
  localStorage.clear();
  useGuides.setState({ seen: {}, replay: undefined, keys: false });
});

describe('guides', () => {
  it('belong to places', () => {
    expect(['/flows/a/design', '/flows/a/design/k3', '/docs', '/flows/a/docs', '/docs/7', '/flows', '/flows/a/designs'].map(guideOf)).toEqual(['designer', 'mapping', 'ledger', 'ledger', undefined, undefined, undefined]);
  });

  it('are remembered for a person, and for everybody of a browser that has seen them', () => {
    endGuide('ledger', 'amy');
    endGuide('ledger', 'amy');
    expect(JSON.parse(localStorage.getItem('karez.guides') ?? '')).toEqual({ amy: ['ledger'] });
    const { seen } = useGuides.getState();
    expect([isSeen(seen, 'ledger', 'amy'), isSeen(seen, 'ledger', 'bob'), isSeen(seen, 'designer', 'amy'), isSeen({ '*': ['designer'] }, 'designer', 'bob')]).toEqual([true, false, false, true]);
  });

  it('have words for every step, and each needs one of its own', () => {
    for (const [guide, steps] of Object.entries(STEPS)) {
      expect(steps).toContain(NEEDED[guide as keyof typeof NEEDED]);
      expect(steps.length).toBeGreaterThanOrEqual(3);
      for (const step of steps) for (const words of [zh, en]) expect(words).toHaveProperty([step, 'text']);
    }
  });

  it('stand beside the part and stay in the window', () => {
    const card = { width: 300, height: 150 };
    const pane = { width: 1000, height: 700 };
    expect(beside({ left: 900, top: 10, width: 90, height: 30 }, card, pane)).toEqual({ left: 692, top: 52 });
    expect(beside({ left: 100, top: 600, width: 90, height: 90 }, card, pane)).toEqual({ left: 100, top: 438 });
    expect(beside({ left: 0, top: 0, width: 220, height: 700 }, card, pane)).toEqual({ left: 232, top: 8 });
    expect(beside({ left: 700, top: 0, width: 300, height: 700 }, card, pane)).toEqual({ left: 388, top: 8 });
    expect(beside({ left: 0, top: 0, width: 1000, height: 700 }, card, pane)).toEqual({ left: 688, top: 538 });
  });
});

const Page = () => (
  <>
    <input aria-label="field" autoFocus />
    {STEPS.ledger.filter((name) => name !== 'ledger-groups').map((name) => <div key={name} data-coach={name} />)}
    <Coach guide="ledger" person="amy" asked={false} />
  </>
);

describe('the coach', () => {
  it('leaves out what is not there, goes on by arrows, and is put away for good by Escape', async () => {
    vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(10, 10, 100, 40));
    open('/', [{ path: '/', element: <Page /> }]);
    const user = userEvent.setup();
    const card = await screen.findByRole('dialog', { name: '按单号和状态找单据' });
    expect(card).toBe(document.activeElement);
    expect(screen.getByText('第 1 步，共 3 步')).toBeTruthy();
    await user.keyboard('{ArrowRight}');
    expect(screen.getByRole('dialog', { name: '每张单据都有去向' })).toBeTruthy();
    await user.keyboard('{ArrowLeft}{ArrowLeft}');
    expect(screen.getByRole('dialog', { name: '按单号和状态找单据' })).toBeTruthy();
    expect(isSeen(useGuides.getState().seen, 'ledger', 'amy')).toBe(false);
    await user.keyboard('{Escape}');
    expect(isSeen(useGuides.getState().seen, 'ledger', 'amy')).toBe(true);
  });

  it('waits until what it is about is there and nothing has to be answered', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(10, 10, 100, 40));
    open('/', [{ path: '/', element: <Coach guide="ledger" person="amy" asked={false} /> }]);
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(screen.queryByRole('dialog')).toBeNull();
    const part = document.body.appendChild(document.createElement('div'));
    part.dataset.coach = 'ledger-grid';
    const question = document.body.appendChild(document.createElement('dialog'));
    question.setAttribute('open', '');
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(screen.queryByText('第 1 步，共 1 步')).toBeNull();
    question.remove();
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(screen.getByText('第 1 步，共 1 步')).toBeTruthy();
    part.remove();
    vi.useRealTimers();
  });
});
