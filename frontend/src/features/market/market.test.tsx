import { act, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import type { Connection, TemplateDetail } from '../../shared/api/types';
import { RawJson } from '../../shared/lib/json';
import { Refusal, serve, open } from '../../shared/testing/render';
import CopyPage from './CopyPage';
import MarketPage from './MarketPage';
import { begin, complaints, wishOf } from './model/copying';
import { beginWith, bodyOf, wrongSample } from './model/publishing';
import PublishPage from './PublishPage';
import TemplatePage from './TemplatePage';

const template = {
  id: 'refunds', version: '1.0.0', title: { zh: '退货', en: 'Returns' }, summary: { zh: '退货到退货单' }, industry: { zh: '电商' }, author: 'Karez', licence: 'Apache-2.0',
  systems: ['jushuitan', 'kingdee-k3cloud'], flows: 1, origin: 'built-in', status: 'core', signer: '', publishedBy: '', imported: false, versions: ['1.0.0'],
  needs: [{ connector: 'jushuitan', versions: '>=1.0', installed: '1.0.0', fits: true }, { connector: 'kingdee-k3cloud', versions: '>=9.0', installed: '', fits: false }],
  connections: [{ slot: 'jst', connector: 'jushuitan', versions: '', title: { zh: '聚水潭' }, help: { zh: '' } }, { slot: 'k3', connector: 'kingdee-k3cloud', versions: '', title: { zh: '星空' }, help: { zh: '' } }],
  flowSlots: [{ alias: 'items', title: { zh: '物料' }, help: { zh: '' } }],
  params: [
    { key: 'org', title: { zh: '组织' }, help: { zh: '' }, type: 'string', required: true }, { key: 'days', title: { zh: '天数' }, help: { zh: '' }, type: 'int', required: false, default: 3 },
    { key: 'rate', title: { zh: '税率' }, help: { zh: '' }, type: 'decimal', required: false }, { key: 'audit', title: { zh: '审核' }, help: { zh: '' }, type: 'bool', required: false, default: true },
  ],
  codeTables: [{ name: 'shops', title: { zh: '店铺' }, help: { zh: '' }, rows: 2, taken: true }, { name: 'units', title: { zh: '单位' }, help: { zh: '' }, rows: 1, taken: false }],
  docs: { zh: '## 说明' }, changelog: [], samples: [], documents: [{ metadata: { title: '退货' }, spec: { nodes: [{ id: 'a', type: 'source', settings: { startFrom: '2021-01-01 00:00:00' } }, { id: 'b', type: 'source', settings: { startFrom: '2000-01-01 00:00:00' } }], edges: [] } }],
} as unknown as TemplateDetail;

const own = (name: string, connector: string) => ({ name, connector, settings: {}, secrets: {}, revision: 1 }) as unknown as Connection;

describe('what a copy begins with', () => {
  test('the only connection of a system, the defaults, and the tables that are there', () => {
    const draft = begin(template, [own('shop', 'jushuitan'), own('a', 'kingdee-k3cloud'), own('b', 'kingdee-k3cloud')], new Date(2026, 2, 3));
    expect(draft).toEqual({
      connections: { jst: 'shop', k3: '' }, flows: { items: '' }, params: { org: '', days: '3', rate: '', audit: 'true' },
      tables: { shops: { name: 'shops', reuse: true }, units: { name: 'units', reuse: false } }, start: '2026-02-24',
    });
    expect(complaints(template, draft)).toEqual({ 'connections.k3': 'connection', 'flows.items': 'flow', 'params.org': 'required' });
  });

  test.each([
    ['days', '3', '3'], ['days', '-3', '-3'], ['days', '+0012345678901234567890', '12345678901234567890'], ['days', '3.5', undefined], ['days', 'x', undefined], ['days', '', 'kept'],
    ['rate', '0.13', '"0.13"'], ['rate', '12345678901234567.89', '"12345678901234567.89"'], ['rate', '1e3', undefined], ['audit', 'false', 'false'],
  ])('parameter %s with %s', (key, text, value) => {
    const draft = begin(template, [], new Date());
    draft.params[key] = text;
    draft.params.org = '1"';
    const { text: params } = wishOf(template, draft).params;
    expect(complaints(template, draft)[`params.${key}`]).toBe(value === undefined ? 'number' : undefined);
    expect(() => JSON.parse(params) as unknown).not.toThrow();
    if (value === undefined || value === 'kept') expect(params).not.toContain(`"${key}"`);
    else expect(params).toContain(`"${key}":${value}`);
  });
});

const routes = { 'GET /catalog/connectors': { items: [] }, 'GET /flows': { items: [] }, 'GET /templates': { items: [template] }, 'GET /templates/registry': { from: '', items: [] }, 'GET /templates/refunds': template, 'GET /connections': { items: [own('shop', 'jushuitan'), own('k', 'kingdee-k3cloud')] } };

test('templates are found by word, system and industry, and say what is not there', async () => {
  serve(routes);
  const { user } = open('/market', [{ path: '/market', element: <MarketPage /> }]);
  await screen.findByRole('link', { name: '退货' });
  screen.getByText('还要安装：kingdee-k3cloud');
  await user.type(screen.getByRole('searchbox'), '采购');
  await screen.findByText('没有符合的模板');
  await user.click(screen.getByRole('button', { name: '清除' }));
  await screen.findByRole('link', { name: '退货' });
});

test('a copy says at its place what is missing, and sends what was chosen', async () => {
  const sent = serve({ ...routes, 'GET /flows': { items: [{ id: 'f1', title: '采集物料' }] }, 'POST /templates/refunds/copy': { flows: [{ id: 'new', title: '退货' }], tables: [] } });
  const { user } = open('/market/refunds/copy', [{ path: '/market/:templateId/copy', element: <CopyPage /> }]);
  await user.click(await screen.findByRole('button', { name: '复制' }));
  expect(screen.getAllByRole('alert').map((one) => one.textContent)).toEqual(['请选择方案', '这项必填']);
  await user.selectOptions(screen.getByLabelText('物料'), 'f1');
  await user.type(screen.getByLabelText('组织 *'), '101');
  await user.clear(screen.getByLabelText('增量起点'));
  await user.type(screen.getByLabelText('增量起点'), '2026-11-01');
  await user.click(screen.getByRole('button', { name: '复制' }));
  await screen.findByText('复制好了，共 1 个方案');
  expect(sent.find(({ method }) => method === 'POST')?.body).toEqual({
    startFrom: '2026-11-01 00:00:00',
    connections: { jst: 'shop', k3: 'k' }, flows: { items: 'f1' }, params: { org: '101', days: 3, audit: true },
    tables: { shops: { name: 'shops', reuse: true }, units: { name: 'units', reuse: false } },
  });
});

describe('what is published', () => {
  test('leaves out what is empty, and says in Chinese what is said in one language only', () => {
    const words = { ...beginWith(['f1'], ''), title: { zh: ' 退货 ', en: '' }, summary: { zh: '', en: 'Returns' }, version: ' 1.2.0 ', rows: { shops: true }, slots: { jst: { title: { zh: '聚水潭', en: '' }, help: { zh: '', en: '' } }, k3: { title: { zh: '', en: '' }, help: { zh: '', en: '' } } } };
    expect(bodyOf(words)).toEqual({ flows: ['f1'], version: '1.2.0', title: { zh: '退货' }, summary: { zh: 'Returns', en: 'Returns' }, slots: { jst: { title: { zh: '聚水潭' } } }, codeTables: { shops: { rows: true } } });
  });

  test.each([
    ['', '', false, false, undefined], ['{"a":1}', '[]', false, false, new RawJson('[{"given":{"a":1},"expected":[]}]')], ['{"a":12345678901234567890,"b":0.10}', '{}', false, false, new RawJson('[{"given":{"a":12345678901234567890,"b":0.10},"expected":{}}]')], ['{"a":', '[]', true, false, undefined], ['{}', '', false, true, undefined],
  ])('a sample of %s and %s', (given, expected, wrongGiven, wrongExpected, samples) => {
    const words = { ...beginWith(['f1'], ''), given, expected };
    expect(wrongSample(words)).toEqual({ given: wrongGiven, expected: wrongExpected });
    expect(bodyOf(words).samples).toEqual(samples);
  });

  test('is refused where it would give a secret away', async () => {
    const draft = { template: { ...template, id: 'ours', flowSlots: [], codeTables: [] }, problems: [], secrets: [{ path: 'spec.docs.zh', reason: '看起来像令牌' }] };
    serve({ ...routes, 'GET /flows': { items: [{ id: 'f1', title: '退货' }] }, 'POST /templates/drafts': draft });
    open('/market/publish?flow=f1&flow=gone', [{ path: '/market/publish', element: <PublishPage /> }]);
    await screen.findByText('spec.docs.zh');
    expect(screen.getByRole<HTMLInputElement>('checkbox', { name: '退货' }).checked).toBe(true);
    expect(screen.getByRole<HTMLButtonElement>('button', { name: '发布' }).disabled).toBe(true);
  });
});

describe('the private registry', () => {
  const entry = { id: 'theirs', version: '2.0.0', title: { zh: '他们的退货' }, summary: { zh: '' }, author: '甲方', status: 'signed', signer: '甲方', installed: '1.0.0' };

  test('offers what is newer, and says why it can not be had', async () => {
    const sent = serve({ ...routes, 'GET /templates/registry': { from: '/templates', items: [entry] }, 'POST /templates/registry/theirs': new Refusal(422, { code: 'template.secret', message: '模板里有像密钥的内容' }) });
    const { user } = open('/market', [{ path: '/market', element: <MarketPage /> }]);
    await user.click(await screen.findByRole('button', { name: '获取' }));
    await screen.findByText('模板里有像密钥的内容');
    expect(sent.find(({ method }) => method === 'POST')?.query.get('version')).toBe('2.0.0');
  });

  test('offers nothing that is here already', async () => {
    serve({ ...routes, 'GET /templates/registry': { from: '/templates', items: [{ ...entry, installed: '2.0.0' }] } });
    open('/market', [{ path: '/market', element: <MarketPage /> }]);
    await screen.findByText('他们的退货');
    expect(screen.queryByRole('button', { name: '获取' })).toBeNull();
  });
});

test('after a version was deleted the page never shows it again, not even until the next one is there', async () => {
  const ours = { ...template, origin: 'workspace', versions: ['1.0.1', '1.0.0'], documents: [] };
  let gone = false;
  let answer: (left: object) => void = () => undefined;
  const left = new Promise((resolve) => (answer = resolve));
  serve({
    ...routes, 'DELETE /templates/refunds': () => void (gone = true),
    'GET /templates/refunds': ({ query }: { query: URLSearchParams }) => {
      if (!gone) return { ...ours, version: '1.0.1' };
      return query.has('version') ? new Refusal(404, { code: 'object.missing' }) : left;
    },
  });
  const { user, router } = open('/market/refunds', [{ path: '/market/:templateId', element: <TemplatePage /> }]);
  const remove = () => screen.findByRole('button', { name: '删除' });
  await remove();
  await act(() => router.navigate('/market/refunds?version=1.0.1'));
  await user.click(await remove());
  await user.click(within(await screen.findByRole('alertdialog')).getByRole('button', { name: '删除' }));
  await waitFor(() => expect(router.state.location.search).toBe(''));
  expect(screen.queryByRole('button', { name: '删除' })).toBeNull();
  answer({ ...ours, version: '1.0.0' });
  await remove();
});
