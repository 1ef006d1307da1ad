import { describe, expect, it } from 'vitest';
import { GAP_X, NODE_HEIGHT, NODE_WIDTH, type Point } from './card';
import { graphOf } from './graph';
import { positionsOf } from './layout';
import { refundFlow, TYPES } from './testing';
import { tidy, type TidyLink } from './tidy';
import { LINE_GAP, wrapped } from './wrap';

const STEP = NODE_WIDTH + GAP_X;
const link = (from: string, to: string, at = 0.5): TidyLink => ({ from, to, at });
const chain = (n: number) => Array.from({ length: n - 1 }, (_, i) => link(`n${i}`, `n${i + 1}`));
const inLine = (n: number) => new Map(Array.from({ length: n }, (_, i) => [`n${i}`, { x: i * STEP, y: 40 }] as const));
const lay = (links: TidyLink[]) => new Map(tidy({ nodes: [...new Set(links.flatMap((one) => [one.from, one.to]))], links }));
const at = (points: ReadonlyMap<string, Point>, id: string) => points.get(id) ?? expect.fail(id);

function overlaps(points: ReadonlyMap<string, Point>): string[] {
  const all = [...points];
  return all.flatMap(([a, p], i) => all.slice(i + 1).flatMap(([b, q]) => (Math.abs(p.x - q.x) < NODE_WIDTH && Math.abs(p.y - q.y) < NODE_HEIGHT ? [`${a} ${b}`] : [])));
}

describe('long flows', () => {
  it('go on in a second line, each from the left', () => {
    const points = wrapped(inLine(7), chain(7));
    expect([...points.values()].map((point) => point.x / STEP)).toEqual([0, 1, 2, 3, 0, 1, 2]);
    expect(new Set([...points.values()].map((point) => point.y))).toEqual(new Set([0, NODE_HEIGHT + LINE_GAP]));
  });
  it('stay in one line while that can be read', () => {
    expect(wrapped(inLine(4), chain(4))).toEqual(inLine(4));
    expect(wrapped(new Map(), [])).toEqual(new Map());
  });
  it('are cut only where one wire leads on', () => {
    const bridge = [...chain(8), link('n2', 'n6')];
    const points = wrapped(inLine(8), bridge);
    const line = (id: string) => at(points, id).y;
    for (const id of ['n3', 'n4', 'n5', 'n6']) expect(line(id)).toBe(line('n2'));
    expect(line('n7')).toBeGreaterThan(line('n6'));
    const woven = [...chain(8), link('n0', 'n7')];
    expect(wrapped(inLine(8), woven)).toEqual(inLine(8));
  });
  it('grow by lines as they grow by nodes', () => {
    const points = wrapped(inLine(24), chain(24));
    expect(overlaps(points)).toEqual([]);
    expect(Math.max(...[...points.values()].map((point) => point.x))).toBeLessThan(8 * STEP);
  });
  it('without places of their own are drawn so', () => {
    const doc = { ...refundFlow(), spec: { ...refundFlow().spec, layout: {} } };
    const points = positionsOf(doc, graphOf(doc, TYPES));
    expect(at(points, 'bill').x).toBe(0);
    expect(at(points, 'bill').y).toBeGreaterThan(at(points, 'span').y);
  });
});

describe('tidying', () => {
  it('leads from left to right within a line, without overlaps', () => {
    const links = chain(4);
    const points = lay(links);
    for (const one of links) expect(at(points, one.to).x).toBeGreaterThan(at(points, one.from).x);
    expect(overlaps(points)).toEqual([]);
  });
  it.each([false, true])('follows the order of ports, whatever the order of edges (%s)', (reversed) => {
    const branches = [link('s', 'first', 0.25), link('s', 'second', 0.5), link('s', 'third', 0.75)];
    const points = lay([link('a', 's'), ...(reversed ? branches.toReversed() : branches)]);
    expect(at(points, 'first').y).toBeLessThan(at(points, 'second').y);
    expect(at(points, 'second').y).toBeLessThan(at(points, 'third').y);
  });
  it.each([false, true])('carries it on through the chains behind them (%s)', (reversed) => {
    const branches = [link('s', 'a1', 0.33), link('a1', 'a2'), link('s', 'b1', 0.66), link('b1', 'b2')];
    const points = lay(reversed ? branches.toReversed() : branches);
    expect(at(points, 'a1').y).toBeLessThan(at(points, 'b1').y);
    expect(at(points, 'a2').y).toBeLessThan(at(points, 'b2').y);
  });
  it('puts what follows an error below', () => {
    const points = lay([link('k3', 'notify', 1), link('k3', 'mark', 0.5)]);
    expect(at(points, 'notify').y).toBeGreaterThan(at(points, 'mark').y);
  });
  it('draws branches that meet again without more crossings than before', () => {
    const points = lay([link('s', 'b', 0.66), link('s', 'a', 0.33), link('a', 'm'), link('b', 'm'), link('m', 'k')]);
    expect(at(points, 'a').y).toBeLessThan(at(points, 'b').y);
    expect(overlaps(points)).toEqual([]);
  });
  it('is quick on the largest flows', () => {
    const links = Array.from({ length: 500 }, (_, i) => link(`n${i}`, `n${i + 8}`, ((i % 3) + 1) / 4));
    const begin = performance.now();
    expect(lay(links).size).toBe(508);
    expect(performance.now() - begin).toBeLessThan(4000);
  });
});
