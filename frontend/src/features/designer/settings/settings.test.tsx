import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import { asJson, readDocument } from '~/model/document';
import type { Json } from '~/shared/api/types';
import { redo, undo } from '../actions';
import { documentNow, useDesigner } from '../designer.store';
import { ProblemsPanel } from '../problems/ProblemsPanel';
import { draw, openFlow, serve } from '../testing';
import SettingsDialog from './SettingsDialog';

const TIMES = ['2026-11-22T00:20:00Z', '2026-11-22T00:30:00Z', '2026-11-22T00:40:00Z', '2026-11-22T00:50:00Z', '2026-11-22T01:00:00Z'];

const spec = () => documentNow().spec as Record<string, Json | undefined>;
let asked: ReturnType<typeof serve>;

const answers = (problems: { path: string; message: string; code: string }[] = []) =>
  serve({
    'POST /flows/validate': () => ({ body: { problems } }),
    'GET /schedules/next': (_, request) => (new URL(request.url).searchParams.get('cron') === 'x * * * *' ? { status: 422, body: { code: 'schedule.invalid', message: 'no', hint: 'five fields', status: 422 } } : { body: { times: TIMES } }),
    'GET /flows': () => ({ body: { items: [{ id: 'id-1', name: 'banks', title: 'Banks' }, { id: 'f1', name: 'f1', title: 'Refunds' }], next: '' } }),
  });

beforeEach(() => {
  asked = answers();
  openFlow();
});

describe('flow settings', () => {
  it('open a flow that has none of them', async () => {
    openFlow({ document: asJson(readDocument({ spec: { nodes: [], edges: [] } })) });
    draw(<SettingsDialog />);
    expect(await screen.findByRole('region', { name: '触发方式' })).toBeTruthy();
    expect(documentNow().spec.settings).toBeUndefined();
  });
  it('add and change a schedule, with its next five firings in the zone of the flow', async () => {
    draw(<SettingsDialog />);
    await userEvent.click(await screen.findByRole('button', { name: '定时' }));
    expect(spec().triggers).toEqual([{ manual: true }, { schedule: '*/10 * * * *' }]);
    await waitFor(() => expect(document.querySelectorAll('time')).toHaveLength(5));
    expect(document.querySelector('time')?.textContent).toContain('08:20');
    const minute = screen.getByLabelText('分');
    fireEvent.change(minute, { target: { value: '30 2 * * 1-5' } });
    expect(spec().triggers).toEqual([{ manual: true }, { schedule: '30 2 * * 1-5' }]);
    fireEvent.change(minute, { target: { value: 'x' } });
    undo();
    expect(spec().triggers).toEqual([{ manual: true }, { schedule: '*/10 * * * *' }]);
    redo();
    expect(spec().triggers).toEqual([{ manual: true }, { schedule: 'x 2 * * 1-5' }]);
  });
  it('say why a schedule is none', async () => {
    openFlow({ document: { spec: { nodes: [], edges: [], triggers: [{ schedule: 'x * * * *' }] } } });
    draw(<SettingsDialog />);
    expect(await screen.findByText('five fields')).toBeTruthy();
    expect(asked.some((one) => one.call === 'GET /schedules/next')).toBe(true);
  });
  it('wait for other flows, not for themselves', async () => {
    draw(<SettingsDialog />);
    await userEvent.click(await screen.findByRole('button', { name: '其他方案之后' }));
    await userEvent.click(screen.getByRole('combobox', { name: '这些方案都成功完成之后' }));
    await waitFor(() => expect(document.querySelectorAll('.ant-select-item-option')).toHaveLength(1));
    fireEvent.click(document.querySelector('.ant-select-item-option') ?? expect.fail('no option'));
    expect(spec().triggers).toEqual([{ manual: true }, { after: ['banks'] }]);
    expect(spec().uses).toEqual({ banks: { flow: 'id-1', title: 'Banks' } });
    const row = screen.getAllByRole('listitem')[1] ?? expect.fail('no row');
    await userEvent.click(within(row).getByRole('button', { name: /^移除/ }));
    expect([spec().triggers, spec().uses]).toEqual([[{ manual: true }], undefined]);
  });
  it('keep parameters with what is not known of them', async () => {
    openFlow({ document: { spec: { nodes: [], edges: [], params: [{ key: 'a', later: 1 }] } } });
    draw(<SettingsDialog />);
    await userEvent.type(await screen.findByLabelText('名称 1'), 'A');
    await userEvent.click(screen.getByRole('button', { name: '添加参数' }));
    await userEvent.type(screen.getByLabelText('键 2'), 'b');
    await userEvent.type(screen.getByLabelText('默认值 2'), '7');
    expect(spec().params).toEqual([{ key: 'a', later: 1, title: 'A' }, { key: 'b', type: 'string', default: '7' }]);
    await userEvent.click(screen.getAllByRole('button', { name: /^移除/ })[0] ?? expect.fail('no button'));
    expect(spec().params).toEqual([{ key: 'b', type: 'string', default: '7' }]);
  });
  it('show what the server says at the field it is about', async () => {
    answers([{ path: 'spec.params[0].key', code: 'param.key', message: 'letters only' }, { path: 'spec.settings.timezone', code: 'flow.timezone', message: 'no zone' }, { path: 'spec.nodes', code: 'flow.no_source', message: 'elsewhere' }]);
    openFlow({ document: { spec: { nodes: [], edges: [], params: [{ key: '1' }] } } });
    draw(<SettingsDialog />);
    const said = await screen.findByText('letters only');
    expect(said.closest('[data-path]')?.getAttribute('data-path')).toBe('spec.params[0]');
    expect(screen.getByText('no zone').closest('[data-path]')?.getAttribute('data-path')).toBe('spec.settings.timezone');
    expect(screen.queryByText('elsewhere')).toBeNull();
  });
  it('bring the field of a problem into sight', async () => {
    openFlow({ document: { spec: { nodes: [], edges: [], params: [{ key: '1' }, { key: '2' }] } }, problems: [{ path: 'spec.params[1].key', code: 'param.key', message: 'letters only', blocking: true }] });
    draw(<ProblemsPanel onShow={() => undefined} onOpen={() => undefined} />);
    await userEvent.click(screen.getByRole('button', { name: /letters only/ }));
    expect(useDesigner.getState().dialog).toBe('settings');
    draw(<SettingsDialog />);
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('键 2')));
  });
  it('are only read by people who may not edit', async () => {
    openFlow({ document: { spec: { nodes: [], edges: [], triggers: [{ webhook: 1 }], params: [{ key: 'a' }] } } }, true);
    draw(<SettingsDialog />);
    expect((await screen.findByLabelText<HTMLInputElement>('键 1')).disabled).toBe(true);
    expect(screen.queryByRole('button', { name: '添加参数' })).toBeNull();
    expect(screen.getByText('{"webhook":1}')).toBeTruthy();
  });
});
