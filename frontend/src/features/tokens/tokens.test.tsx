import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { open, serve } from '../../shared/testing/render';
import TokensPage from './TokensPage';

const ci = { id: 't1', name: 'CI', role: 'operator', createdAt: '2026-11-21T08:00:00Z' };
const ROUTES = [{ path: '/tokens', element: <TokensPage /> }];

describe('API tokens', () => {
  it('shows a new one once', async () => {
    const log = serve({ 'GET /tokens': { items: [ci] }, 'POST /tokens': { ...ci, id: 't2', token: 'karez_only-once' } });
    const { user } = open('/tokens', ROUTES);
    await screen.findByText('CI');
    await user.click(screen.getByRole('button', { name: '新建令牌' }));
    await user.type(screen.getByLabelText('名称'), '看板');
    await user.selectOptions(screen.getByLabelText('角色'), '只读');
    await user.click(screen.getByRole('button', { name: '新建' }));
    const made = within(await screen.findByRole('dialog', { name: '令牌已建立' }));
    expect(made.getByText('karez_only-once')).toBeTruthy();
    await user.click(made.getByRole('button', { name: '知道了' }));
    expect(document.body.textContent).not.toContain('karez_only-once');
    expect(log.find(({ method }) => method === 'POST')?.body).toEqual({ name: '看板', role: 'viewer' });
  });

  it('revokes after a question', async () => {
    const log = serve({ 'GET /tokens': { items: [ci] }, 'DELETE /tokens/t1': undefined });
    const { user } = open('/tokens', ROUTES);
    await user.click(await screen.findByRole('button', { name: '吊销 CI' }));
    await user.click(within(screen.getByRole('alertdialog')).getByRole('button', { name: '吊销' }));
    await waitFor(() => expect(log.some(({ method }) => method === 'DELETE')).toBe(true));
  });
});
