import { expect, test } from 'vitest';
import { Person, type Run } from './kit';
import { scene } from './scene';

const { server, amy, desk } = await scene('pausing');

interface Resting extends Run { paused: boolean; flowPaused?: boolean }

test('a flow rests from the toolbar, a run from its page, and both go on where they stood', async () => {
  const flow = await desk.openCopy('暂停与继续');
  const run = (id: string) => server.api<Resting>(`/runs/${id}`);
  const design = async () => {
    await amy.goto(`/flows/${flow.id}/design`);
    await desk.card('refunds').waitFor();
  };
  const rests = async (id: string) => {
    const { state, paused, flowPaused = false } = await run(id);
    return { state, paused, flowPaused };
  };
  // What was never published has nothing that could rest.
  expect(await amy.page.getByRole('button', { name: '暂停', exact: true }).count()).toBe(0);
  await server.api(`/flows/${flow.id}/publish`, { method: 'POST', body: { note: '' } });

  const refunds = (faults: object[]) => fetch(`${server.demo.sandboxes.jushuitan ?? ''}/_sandbox/faults`, { method: 'POST', body: JSON.stringify({ faults }) });
  const pause = amy.page.getByRole('button', { name: '暂停', exact: true });
  const resume = amy.page.getByRole('button', { name: '继续', exact: true });
  const tag = amy.page.getByRole('main').getByText('已暂停', { exact: true });

  // Pages come slowly, so that the run is under way.
  await refunds([{ path: '/refund/', kind: 'delay', delayMs: 3000 }]);
  const { id } = await server.api<{ id: string }>(`/flows/${flow.id}/runs`, { method: 'POST', body: {} });
  await amy.goto(`/runs/${id}`);
  await pause.click();
  await amy.page.getByText('已暂停：正在处理的会先完成').waitFor();
  await tag.waitFor();
  await amy.picture('pausing-run');
  expect(await amy.barriers()).toEqual([]);
  await amy.goto('/runs');
  await amy.page.getByRole('row', { name: /暂停与继续/ }).getByText('已暂停').waitFor();
  await amy.picture('pausing-runs');

  await design();
  await pause.click();
  await resume.waitFor();
  expect(await resume.getAttribute('title')).toContain('amy 暂停');
  await amy.picture('pausing-designer');
  expect(await amy.barriers()).toEqual([]);
  await expect(server.api(`/flows/${flow.id}/runs`, { method: 'POST', body: {} })).rejects.toThrow('flow.paused');

  // The flow goes on, the run does not: a person let it rest by itself.
  await amy.goto(`/runs/${id}`);
  const whole = amy.page.getByText('整个方案已暂停');
  await whole.waitFor();
  await expect.poll(() => resume.count()).toBe(2);
  await amy.picture('pausing-run-and-flow');
  expect(await amy.damage()).toEqual([]);
  await resume.last().click();
  await whole.waitFor({ state: 'detached' });
  await tag.waitFor();
  await expect.poll(() => rests(id)).toEqual({ state: 'running', paused: true, flowPaused: false });
  await refunds([]);
  const before = (await run(id)).counts.pulled ?? 0;
  await resume.click();
  const done = await server.finished(id);
  expect([done.state, done.balanced]).toEqual(['done', true]);
  expect(done.counts.pulled).toBeGreaterThan(before);
  await tag.waitFor({ state: 'detached' });
  await expect.poll(async () => (await pause.count()) + (await resume.count())).toBe(0);
  await design();
  await pause.waitFor();

  const bob = await Person.arrive(server, { language: 'en', theme: 'dark', width: 1180 });
  await bob.logIn();
  await bob.goto(`/flows/${flow.id}/design`);
  await bob.page.getByRole('button', { name: 'Pause', exact: true }).click();
  await bob.page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
  await bob.picture('pausing-designer-en');
  const wrong = await bob.damage();
  await bob.leave();
  expect(wrong).toEqual([]);
});
