import { expect, test } from 'vitest';
import type { Doc } from './designer.kit';
import { scene } from './scene';

// Flows far larger than people draw: how much of them is drawn, and how smoothly it moves. The
// times are told and not demanded: they depend on what else the machine does.

const { desk } = await scene('size');
const { page } = desk;
const lane = 20;

/** The shipped flow with lanes of scripts behind its mapping, so that it has so many nodes; those of a lane follow each other. */
const grown = (size: number) => ({ spec, ...doc }: Doc): Doc => {
  const more = Array.from({ length: size - spec.nodes.length }, (_, i) => ({ id: `s${String(i)}`, type: 'script', settings: { code: 'function transform(doc, ctx) {\n  return doc;\n}\n' } }));
  return {
    ...doc,
    spec: {
      ...spec, tests: [], nodes: [...spec.nodes, ...more],
      edges: [...spec.edges, ...more.map((node, i) => ({ from: i % lane === 0 ? 'bill' : `s${String(i - 1)}`, to: node.id }))],
      layout: { nodes: Object.fromEntries([...spec.nodes.map((node, i) => [node.id, { x: i * 300, y: 0 }] as const), ...more.map((node, i) => [node.id, { x: (i % lane) * 300, y: 160 + Math.floor(i / lane) * 140 }] as const)]) },
    },
  };
};

/** The times between frames while something is done, in ms from the shortest to the longest. */
async function frames(act: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const seen = globalThis as unknown as { karezFrames?: number[] };
    const times: number[] = (seen.karezFrames = []);
    let last = performance.now();
    const next = (now: number) => {
      if (seen.karezFrames !== times) return;
      times.push(now - last);
      last = now;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  await act();
  return page.evaluate(() => {
    const seen = globalThis as unknown as { karezFrames?: number[] };
    const times = seen.karezFrames ?? [];
    delete seen.karezFrames;
    return times.slice(1).sort((a, b) => a - b);
  });
}
const told = (times: number[]) => `${String(times.length)} frames, p50 ${(times[Math.floor(times.length / 2)] ?? 0).toFixed(0)} ms, p95 ${(times[Math.floor(times.length * 0.95)] ?? 0).toFixed(0)} ms`;

// Up to 120 cards are all drawn; of more only those in sight.
test.each([[100, 101], [500, 250]])('a flow of %d nodes is opened, moved about and laid out, with fewer than %d drawn', async (size, drawn) => {
  const flow = await desk.openCopy(`大流程 ${String(size)}`, grown(size));
  const began = performance.now();
  await page.reload();
  await desk.card('bill').waitFor();
  const opened = performance.now() - began;
  const { width, height } = (await desk.canvas.boundingBox()) ?? expect.fail('no canvas');

  // At the size that people work at.
  await page.getByTitle('恢复到 100%').click();
  await expect.poll(async () => (await desk.nodes()).length).toBeLessThan(drawn);
  const start = await desk.place(width / 2, height - 30);
  const panned = await frames(async () => {
    await page.mouse.move(start.x, start.y);
    await page.mouse.down();
    for (let i = 1; i <= 60; i++) await page.mouse.move(start.x - i * 6, start.y - i * 5);
    await page.mouse.up();
  });
  const [first = ''] = await desk.nodes();
  const at = await desk.middle(desk.card(first));
  const dragged = await frames(async () => {
    await page.mouse.move(at.x, at.y);
    await page.mouse.down();
    for (let i = 1; i <= 60; i++) await page.mouse.move(at.x + i * 3, at.y + i * 2);
    await page.mouse.up();
  });
  expect((await desk.nodes()).length).toBeLessThan(drawn);

  await page.evaluate(() => {
    const seen = globalThis as unknown as { karezLaid?: Promise<number> };
    const lies = () => [...document.querySelectorAll<HTMLElement>('.react-flow__node')].map((one) => one.style.transform).join();
    seen.karezLaid = new Promise((done) => {
      addEventListener('click', () => {
        const from = performance.now();
        const before = lies();
        const look = () => {
          if (lies() === before) requestAnimationFrame(look);
          else requestAnimationFrame(() => { done(performance.now() - from); });
        };
        look();
      }, { capture: true, once: true });
    });
  });
  await page.getByRole('button', { name: '自动布局' }).click();
  const laid = await page.evaluate(() => (globalThis as unknown as { karezLaid?: Promise<number> }).karezLaid ?? 0);
  console.log(`${String(size)} nodes: usable after ${(opened / 1000).toFixed(2)} s; pan ${told(panned)}; drag ${told(dragged)}; laid out after ${laid.toFixed(0)} ms`);
  await page.keyboard.press('ControlOrMeta+z');
  await desk.save();
  expect((await desk.flow(flow.id)).document.spec.nodes).toHaveLength(size);
});
