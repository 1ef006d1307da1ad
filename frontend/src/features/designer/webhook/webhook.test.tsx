import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Setting, Webhook } from '~/shared/api/types';
import { useDesigner } from '../designer.store';
import { NodeContextValue } from '../nodeEditor/useNodeContext';
import { draw, openFlow, serve } from '../testing';
import { curlOf } from './api';
import WebhookWidget from './WebhookWidget';

const PATH = '/flows/f1/webhooks/in';
const none: Webhook = { path: '', secrets: [], calls: [] };
const made: Webhook = {
  path: '/hooks/abc',
  secrets: [{ createdBy: 'amy', createdAt: '2026-03-02T00:00:00Z', expiresAt: null }, { createdBy: 'amy', createdAt: '2026-03-01T00:00:00Z', expiresAt: '2026-03-03T00:00:00Z' }],
  calls: [{ message: 'msg_1', receivedAt: '2026-03-02T01:00:00Z', documents: ['7'], status: 200 }, { message: 'msg_2', receivedAt: '2026-03-02T00:30:00Z', documents: ['8', '9'], status: 0 }],
};

const show = (disabled = false) =>
  draw(
    <NodeContextValue value={{ id: 'in', source: undefined, input: undefined, fields: [], operation: undefined, request: [], target: [], output: undefined }}>
      <WebhookWidget setting={{ key: 'url', kind: 'endpoint', title: { zh: '地址' } } as Setting} value={undefined} onChange={() => undefined} id="url" describedBy={undefined} invalid={false} disabled={disabled} path="url" errors={{}} kept={false} beside={{}} widgets={{}} />
    </NodeContextValue>,
  );

beforeEach(() => {
  openFlow();
});

describe('a webhook', () => {
  it('has no address before there is a secret, which is shown once', async () => {
    let now = none;
    const asked = serve({
      [`GET ${PATH}`]: () => ({ body: now }),
      [`POST ${PATH}/secrets`]: () => {
        now = made;
        return { status: 201, body: { webhook: made, secret: 'whsec_c2VjcmV0', token: 'whtok_x' } };
      },
    });
    show();
    await screen.findByText('还没有推送地址。生成密钥时会同时生成地址。');
    expect(screen.queryByText('最近的推送')).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: '生成地址和密钥' }));
    await userEvent.click(document.querySelector('dialog button[type=submit]')!);
    await screen.findByText('whsec_c2VjcmV0');
    expect(screen.queryByText('whtok_x')).toBeNull();
    expect(asked.find((one) => one.call.startsWith('POST'))?.body).toEqual({ keepSeconds: 0 });
    await userEvent.click(document.querySelector('dialog button[type=submit]')!);
    await waitFor(() => expect(screen.queryByText('whsec_c2VjcmV0')).toBeNull());
    await screen.findByText(`${window.location.origin}/hooks/abc`);
  });

  it('shows its address, what was posted and until when an old secret is good', async () => {
    serve({ [`GET ${PATH}`]: () => ({ body: made }) });
    const copied = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
    show();
    const url = `${window.location.origin}/hooks/abc`;
    await screen.findByText(url);
    await userEvent.click(screen.getByRole('button', { name: '复制地址' }));
    expect(copied).toHaveBeenCalledWith(url);
    expect(screen.getByText(/旧密钥有效至/)).toBeTruthy();
    expect(screen.getByText('msg_1')).toBeTruthy();
    expect(screen.getByRole('link', { name: '单据' }).getAttribute('href')).toBe('/documents/7');
    expect(screen.getByText('2 张单据')).toBeTruthy();
    expect(screen.getByText('方案还没有发布，发布之前推送会被拒绝。')).toBeTruthy();
  });

  it('replaces a secret, the old one being good for a time that is chosen', async () => {
    const asked = serve({ [`GET ${PATH}`]: () => ({ body: made }), [`POST ${PATH}/secrets`]: () => ({ status: 422, body: { code: 'x', message: '不行', status: 422 } }) });
    show();
    await userEvent.click(await screen.findByRole('button', { name: '更换密钥' }));
    await userEvent.selectOptions(screen.getByLabelText('旧密钥继续有效'), '1 小时');
    await userEvent.click(document.querySelector('dialog button[type=submit]')!);
    await screen.findByText('不行');
    expect(asked.find((one) => one.call.startsWith('POST'))?.body).toEqual({ keepSeconds: 3600 });
  });

  it('sends a test and shows the answer', async () => {
    const asked = serve({ [`GET ${PATH}`]: () => ({ body: made }), [`POST ${PATH}/test`]: () => ({ body: { status: 201, contentType: 'application/json', body: '{"bill":"B1"}' } }) });
    show();
    await userEvent.click(await screen.findByRole('button', { name: '发送测试' }));
    await userEvent.click(document.querySelector('dialog button[type=submit]')!);
    await screen.findByText('{"bill":"B1"}');
    expect(screen.getByText('201')).toBeTruthy();
    expect(asked.find((one) => one.call.endsWith('/test'))?.body).toEqual({ body: '{\n  "order_no": "1001"\n}', contentType: 'application/json' });
  });

  it('makes a sample of what a test would post, its new fields being known', async () => {
    const item = { order_no: '1001', paid: 1 };
    const asked = serve({
      [`GET ${PATH}`]: () => ({ body: made }),
      'POST /flows/f1/sample': () => ({ body: { items: [item], total: -1, discovered: [] } }),
    });
    show();
    await userEvent.click(await screen.findByRole('button', { name: '发送测试' }));
    await userEvent.click(screen.getByRole('button', { name: '用作样例' }));
    await waitFor(() => expect(document.querySelector('dialog')).toBeNull());
    expect(useDesigner.getState().samples['in']?.items).toEqual([item]);
    expect(asked.find((one) => one.call.endsWith('/sample'))?.body).toMatchObject({ node: 'in', posted: '{\n  "order_no": "1001"\n}' });
    expect(asked.some((one) => one.call.endsWith('/test'))).toBe(false);
  });

  it('says why what a test would post is no sample', async () => {
    serve({ [`GET ${PATH}`]: () => ({ body: made }), 'POST /flows/f1/sample': () => ({ status: 422, body: { code: 'webhook.no_records', message: '没有数组', status: 422 } }) });
    show();
    await userEvent.click(await screen.findByRole('button', { name: '发送测试' }));
    await userEvent.click(screen.getByRole('button', { name: '用作样例' }));
    await screen.findByText('没有数组');
  });

  it('changes nothing for who may only look', async () => {
    serve({ [`GET ${PATH}`]: () => ({ body: made }) });
    show(true);
    const button = await screen.findByRole('button', { name: '更换密钥' });
    expect((button as HTMLButtonElement).disabled).toBe(true);
  });

  it('gives an example that fits who may post', () => {
    expect(curlOf('http://x/hooks/a', true)).toContain('webhook-signature: v1,$SIGN');
    expect(curlOf('http://x/hooks/a', false)).toContain('Authorization: Bearer $TOKEN');
    expect(curlOf('http://x/hooks/a', false)).not.toContain('webhook-signature');
  });
});
