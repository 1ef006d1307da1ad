import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Operation, Setting } from '~/shared/api/types';
import { SchemaForm } from '~/shared/schema-form/SchemaForm';
import type { Values } from '~/shared/schema-form/settings';
import { documentNow } from '../designer.store';
import { type NodeContext, NodeContextValue } from '../nodeEditor/useNodeContext';
import { draw, openFlow, serve } from '../testing';
import { nodeWidgets } from './widgets';

const SETTINGS: Setting[] = [
  { key: 'to', kind: 'flowRef', title: { zh: '转给方案' } },
  { key: 'document', kind: 'mapping', whole: true, title: { zh: '转出的单据' } },
  { key: 'states', kind: 'list', title: { zh: '单据状态' }, options: [{ value: 'delivered', title: { zh: '已写入' } }, { value: 'rejected', title: { zh: '失败' } }] },
];
const context: NodeContext = { id: 'mark', source: 'refunds', input: {}, fields: [], operation: undefined, output: undefined, target: [], request: [] };

/** Holds the settings of a writeback, as the form does. */
function Form({ start, seen }: { start: Values; seen: (values: Values) => void }) {
  const [values, setValues] = useState(start);
  return (
    <NodeContextValue value={context}>
      <SchemaForm settings={SETTINGS} values={values} errors={{}} disabled={false} widgets={nodeWidgets} onChange={(next) => {
        setValues(next);
        seen(next);
      }} />
    </NodeContextValue>
  );
}

beforeEach(() => {
  serve({ 'GET /flows': () => ({ body: { items: [{ id: 'f1', name: 'f1', title: 'Refunds' }, { id: 'f2', name: 'callback', title: '回调' }], next: '' } }) });
  openFlow();
});

const choose = async (label: string, option: string) => {
  await userEvent.click(screen.getByLabelText(label));
  await userEvent.click(await screen.findByTitle(option));
};

describe('settings of a hand-over', () => {
  it('names a flow by an alias, which it makes', async () => {
    const seen = vi.fn();
    draw(<Form start={{}} seen={seen} />);
    await screen.findByLabelText('转给方案');
    await choose('转给方案', '回调');
    await waitFor(() => expect(seen).toHaveBeenLastCalledWith({ to: 'callback' }));
    expect(documentNow().spec.uses).toEqual({ callback: { flow: 'f2', title: '回调' } });
  });
  it('shows an alias of a flow that is gone', async () => {
    draw(<Form start={{ to: 'lost.in' }} seen={vi.fn()} />);
    expect(await screen.findByTitle('lost.in')).toBeTruthy();
  });
  it('hands over the whole document or fields of it', async () => {
    const seen = vi.fn();
    draw(<Form start={{ document: true }} seen={seen} />);
    const whole = await screen.findByRole('switch', { name: /整张单据/ });
    expect(whole.getAttribute('aria-checked')).toBe('true');
    await userEvent.click(whole);
    expect(seen).toHaveBeenLastCalledWith({ document: [] });
    await userEvent.click(screen.getByRole('switch', { name: /整张单据/ }));
    expect(seen.mock.lastCall?.[0]).toEqual({});
  });
  it('chooses several of a list of choices', async () => {
    const seen = vi.fn();
    draw(<Form start={{}} seen={seen} />);
    await screen.findByLabelText('单据状态');
    await choose('单据状态', '失败');
    expect(seen).toHaveBeenLastCalledWith({ states: ['rejected'] });
  });
});

describe('the steps behind a write', () => {
  const STEP: Setting[] = [{ key: 'lastStep', kind: 'step', title: { zh: '写入后执行到' } }];
  const operation = (steps?: { operation: string; default?: boolean }[]) => ({ name: 'batchSave', title: { zh: '保存' }, kind: 'write', writing: { steps } }) as unknown as Operation;
  function Steps({ of, start, seen }: { of: Operation | undefined; start: Values; seen: (values: Values) => void }) {
    return (
      <NodeContextValue value={{ ...context, operation: of }}>
        <SchemaForm settings={STEP} values={start} errors={{}} disabled={false} widgets={nodeWidgets} onChange={seen} />
      </NodeContextValue>
    );
  }
  const shown = () => screen.getByRole('combobox').closest('.ant-select')?.textContent ?? '';

  it('offers those of the operation, in their order, and none', async () => {
    const seen = vi.fn();
    draw(<Steps of={operation([{ operation: 'submit' }, { operation: 'audit' }])} start={{}} seen={seen} />);
    expect(await screen.findByText('接口默认：只写入')).toBeTruthy();
    await userEvent.click(screen.getByLabelText('写入后执行到'));
    expect((await screen.findAllByRole('option', { hidden: true })).length).toBeGreaterThan(0);
    for (const title of ['只写入', 'submit', 'audit']) expect(await screen.findByTitle(title)).toBeTruthy();
    await userEvent.click(screen.getByTitle('audit'));
    expect(seen).toHaveBeenLastCalledWith({ lastStep: 'audit' });
  });
  it('says which it takes by itself', async () => {
    draw(<Steps of={operation([{ operation: 'submit', default: true }, { operation: 'audit' }])} start={{}} seen={vi.fn()} />);
    expect(await screen.findByText('接口默认：submit')).toBeTruthy();
  });
  it('shows one that the operation lost, and has nothing to choose without steps', async () => {
    const { unmount } = draw(<Steps of={operation([{ operation: 'submit' }])} start={{ lastStep: 'sign' }} seen={vi.fn()} />);
    expect(await screen.findByTitle('sign（接口没有这个步骤）')).toBeTruthy();
    unmount();
    draw(<Steps of={operation()} start={{}} seen={vi.fn()} />);
    expect(await screen.findByText('这个接口写入后没有步骤')).toBeTruthy();
    expect((screen.getByRole('combobox') as HTMLInputElement).disabled).toBe(true);
    expect(shown()).not.toContain('只写入');
  });
});
