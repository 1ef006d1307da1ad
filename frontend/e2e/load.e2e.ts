import { expect, test } from 'vitest';
import { demoFlow, Person } from './kit';
import { scene } from './scene';

const { server, amy } = await scene('load');

/** What a browser that has nothing of the product yet loads, and how long it takes. */
async function first(path: string, ready: string): Promise<{ kib: number; files: number; ms: number }> {
  const stranger = await Person.arrive(server);
  await stranger.context.addCookies(await amy.context.cookies());
  const watch = await stranger.context.newCDPSession(stranger.page);
  await watch.send('Network.enable');
  let bytes = 0;
  let files = 0;
  watch.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    files += 1;
  });
  const began = performance.now();
  await stranger.goto(path);
  await stranger.page.locator(ready).first().waitFor();
  await stranger.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const ms = performance.now() - began;
  expect(stranger.wrong).toEqual([]);
  await stranger.leave();
  return { kib: bytes / 1024, files, ms };
}

test.each([
  ['the designer', `/flows/${demoFlow}/design`, '.react-flow__node', 450],
  ['the overview', '/', 'main ul a', 300],
  ['the ledger', '/docs', '[data-row]', 360],
  ['the versions', `/flows/${demoFlow}/versions`, 'main section h4', 300],
])('%s with an empty cache', async (name, path, ready, kib) => {
  const found = await first(path, ready);
  console.log(`${name}: ${found.kib.toFixed(0)} KiB in ${String(found.files)} requests, usable after ${(found.ms / 1000).toFixed(2)} s`);
  expect(found.kib).toBeLessThan(kib);
});
