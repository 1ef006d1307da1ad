import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { open, Refusal, serve } from '../testing/render';
import { NumbersDialog } from './NumbersDialog';

const onClose = vi.fn();
const ROUTES = [{ path: '/here', element: <NumbersDialog flow="f1" title="退货" onClose={onClose} /> }, { path: '/runs/:id', element: <p>the run</p> }];
const field = () => screen.findByLabelText('单号');
const go = { name: '开始拉取' };
const paste = async (user: ReturnType<typeof open>['user'], text: string) => {
  await user.click(await field());
  await user.paste(text);
};

describe('the dialog for document numbers', () => {
  it('counts what is pasted, sends each once and leads to the run', async () => {
    const log = serve({ 'POST /flows/f1/pull': { id: '91' } });
    const { user, address } = open('/here', ROUTES);
    expect(await screen.findByText(/用「退货」的已发布版本/)).toBeTruthy();
    await paste(user, 'A1\nB2，A1, C3\n\n');
    expect(screen.getByText('3 个，最多 200 个')).toBeTruthy();
    await user.click(screen.getByRole('button', go));
    await waitFor(() => expect(address()).toBe('/runs/91'));
    expect(log.find(({ method }) => method === 'POST')?.body).toEqual({ numbers: ['A1', 'B2', 'C3'] });
  });

  it('says at the field what it can see itself, and sends nothing', async () => {
    const log = serve({});
    const { user } = open('/here', ROUTES);
    expect((await field()).getAttribute('aria-invalid')).toBe('false');
    await user.click(screen.getByRole('button', go));
    expect(screen.getByRole('alert').textContent).toBe('请填写要拉取的单号');
    await paste(user, Array.from({ length: 201 }, (_, i) => `N${i}`).join('\n'));
    expect(screen.getByRole('alert').textContent).toBe('一次最多 200 个单号，请分几次拉取');
    await user.click(screen.getByRole('button', go));
    await user.clear(await field());
    await paste(user, `${'单'.repeat(100)}\n${'长'.repeat(101)}`);
    expect(screen.getByRole('alert').textContent).toBe(`单号最多 100 个字符：${'长'.repeat(20)}…`);
    await user.click(screen.getByRole('button', go));
    expect((await field()).getAttribute('aria-invalid')).toBe('true');
    expect(log.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('names the number that the server refuses, until it is changed', async () => {
    serve({
      'POST /flows/f1/pull': new Refusal(422, { code: 'pull.numbers_invalid', message: '有不能用来拉取的单号', path: 'numbers', problems: [{ code: 'pull.number_invalid', path: 'numbers[1]', message: '单号里不能有换行', hint: '请逐个填写' }] }),
    });
    const { user } = open('/here', ROUTES);
    await paste(user, 'A1\nB\u00072');
    await user.click(screen.getByRole('button', go));
    await waitFor(() => expect(screen.getByRole('alert').textContent).toBe('B\u00072: 单号里不能有换行 请逐个填写'));
    await user.type(await field(), 'x');
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('says why a source cannot be asked, with what to do', async () => {
    serve({ 'POST /flows/f1/pull': new Refusal(422, { code: 'source.by_number_not_offered', message: '接口不支持按单号拉取', hint: '请执行方案' }) });
    const { user } = open('/here', ROUTES);
    await paste(user, 'A1');
    await user.click(screen.getByRole('button', go));
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toBe('接口不支持按单号拉取请执行方案');
    expect((await field()).getAttribute('aria-invalid')).toBe('false');
  });
});
