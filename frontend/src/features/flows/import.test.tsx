import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { open, Refusal, serve } from '../../shared/testing/render';
import ImportPage from './ImportPage';
import { choiceOf, keyOf } from './model/importing';

const candidate = (connector: string, operation: string) => ({ connector, operation, system: { zh: connector }, title: { zh: operation }, score: 90, fields: 9, of: 10, named: true });
const draft = {
  title: '甲 → 乙', rows: 2, read: 1, document: {},
  lines: [
    { line: 1, text: 'no | 单号 | string |', fate: 'understood', where: 'source' },
    { line: 2, text: '单价 | x |', fate: 'not_understood', code: 'intake.no_field', why: '这不是字段名' },
  ],
  questions: [{ role: 'source', sure: false, chosen: { connector: 'shop', operation: 'orders' }, candidates: [candidate('shop', 'orders'), candidate('shop', 'refunds')] }],
  slots: [{ kind: 'connection', key: 'source', node: 'source', connector: 'shop', filled: false }],
};
const ROUTES = [{ path: '/flows/import', element: <ImportPage /> }];
const given = { 'GET /flows': { items: [] }, 'GET /connections': { items: [{ name: 'mine', connector: 'shop' }, { name: 'other', connector: 'erp' }] } };

describe('the import', () => {
  it('tells what was not understood, takes answers and makes a draft', async () => {
    const log = serve({ ...given, 'POST /flows/import/preview': { format: 'table', drafts: [draft] }, 'POST /flows/import': { flows: [{ id: '9', title: 't', problems: 0, blocking: 0 }] } });
    const { user, address } = open('/flows/import', ROUTES);
    await user.type(await screen.findByLabelText('或者粘贴到这里'), 'no');
    await user.click(screen.getByRole('button', { name: '读取' }));
    await screen.findByText('读懂 1 行，共 2 行');
    expect(screen.getByText('这不是字段名')).toBeTruthy();
    expect(screen.queryByText('no | 单号 | string |')).toBeNull();
    await user.selectOptions(screen.getByLabelText(/读取接口/), 'shop refunds');
    await waitFor(() => expect(log.filter(({ path }) => path.endsWith('/preview')).at(-1)?.body).toEqual({ text: 'no', answers: { source: { connector: 'shop', operation: 'refunds' } } }));
    const connection = await screen.findByLabelText('读取用的连接器');
    await waitFor(() => expect(connection.textContent).toContain('mine'));
    expect(connection.textContent).not.toContain('other');
    await user.selectOptions(connection, 'mine');
    await user.click(screen.getByRole('button', { name: '存成草稿' }));
    await waitFor(() => expect(address()).toBe('/flows/9/design'));
    expect(log.find(({ path }) => path === '/flows/import')?.body).toEqual({ text: 'no', answers: { source: { connector: 'shop', operation: 'refunds' }, connections: { source: 'mine' } } });
  });

  it('makes a draft of what was read alone', async () => {
    const log = serve({ ...given, 'POST /flows/import/preview': { format: 'table', drafts: [draft] }, 'POST /flows/import': { flows: [{ id: '9', title: 't', problems: 0, blocking: 0 }] } });
    const { user, address } = open('/flows/import', ROUTES);
    const box = await screen.findByLabelText('或者粘贴到这里');
    await user.type(box, 'no');
    await user.click(screen.getByRole('button', { name: '读取' }));
    await screen.findByText('读懂 1 行，共 2 行');
    await user.type(box, 'w');
    expect(screen.getByRole('button', { name: '存成草稿' })).toHaveProperty('disabled', true);
    await screen.findByText(/内容改过了/);
    await user.click(screen.getByRole('button', { name: '读取' }));
    await waitFor(() => expect(screen.getByRole('button', { name: '存成草稿' })).toHaveProperty('disabled', false));
    await user.click(screen.getByRole('button', { name: '存成草稿' }));
    await waitFor(() => expect(address()).toBe('/flows/9/design'));
    expect(log.find(({ path }) => path === '/flows/import')?.body).toMatchObject({ text: 'now' });
  });

  it('says why a text is refused', async () => {
    serve({ ...given, 'POST /flows/import/preview': new Refusal(422, { code: 'flow.syntax', message: 'x' }) });
    const { user } = open('/flows/import', ROUTES);
    await user.type(await screen.findByLabelText('或者粘贴到这里'), 'x');
    await user.click(screen.getByRole('button', { name: '读取' }));
    await screen.findByText('flow.syntax');
  });

  it('keeps operations apart by connector', () => {
    expect(choiceOf(keyOf({ connector: 'a', operation: 'b c' }))).toEqual({ connector: 'a', operation: 'b c' });
    expect(choiceOf(keyOf({ operation: 'inlet' }))).toEqual({ operation: 'inlet' });
  });
});
