import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readDocument, type Types } from '~/model/document';
import { entriesOf } from '~/model/entries';
import { TYPES } from '~/model/testing';
import type { Json, NodeDeclaration } from '~/shared/api/types';
import { SchemaForm } from '~/shared/schema-form/SchemaForm';
import type { Values } from '~/shared/schema-form/settings';
import { open } from '../designer.store';
import { type NodeContext, NodeContextValue } from '../nodeEditor/useNodeContext';
import { draw, flowOf, serve } from '../testing';
import { nodeWidgets } from './widgets';

const types: Types = new Map([...TYPES, ['inlet', { ...(TYPES.get('source') as NodeDeclaration), type: 'inlet', role: 'inlet' }]]);
const context: NodeContext = { id: 'mark', source: 'refunds', input: {}, fields: [], operation: undefined, output: undefined, target: [], request: [] };

const node = (id: string, type: string, title?: string): Json => ({ id, type, ...(title === undefined ? {} : { title }) });
const flow = (...nodes: Json[]): Json => ({ spec: { nodes, edges: [] } });
const DRAFT = flow(node('shop', 'inlet', '门店退货'), node('online', 'inlet'), node('orders', 'source'), node('keep', 'filter'));
const PUBLISHED = flow(node('pages', 'paginate'), node('orders', 'source'), node('only', 'inlet'));

/** A form of one setting at a node, over a flow whose aliases are two and one. */
function Form({ at = 'mark', start, seen }: { at?: string; start: Values; seen: (values: Values) => void }) {
  const [values, setValues] = useState(start);
  return (
    <NodeContextValue value={{ ...context, id: at }}>
      <SchemaForm settings={[{ key: 'to', kind: 'flowRef', title: { zh: '方案' } }]} values={values} errors={{}} disabled={false} widgets={nodeWidgets} onChange={(next) => {
        setValues(next);
        seen(next);
      }} />
    </NodeContextValue>
  );
}

beforeEach(() => {
  serve({
    'GET /flows': () => ({ body: { items: [{ id: 'f2', name: 'two', title: '两个入口', publishedVersion: 0 }, { id: 'f3', name: 'one', title: '一个入口', publishedVersion: 4 }], next: '' } }),
    'GET /flows/f2': () => ({ body: { id: 'f2', document: DRAFT } }),
    'GET /flows/f3': () => ({ body: { id: 'f3', document: DRAFT } }),
    'GET /flows/f3/versions/4': () => ({ body: { no: 4, note: '', createdAt: null, document: PUBLISHED } }),
  });
  const doc = readDocument({ spec: { nodes: [node('mark', 'writeback'), node('keep', 'filter')], edges: [], uses: { two: { flow: 'f2' }, one: { flow: 'f3' } } } });
  open(flowOf(doc), types, false);
});

const receiving = '方案的接收节点';
const titles = () => screen.findAllByRole('option').then(() => [...document.querySelectorAll('.ant-select-item-option')].map((one) => one.getAttribute('title')));

describe('the node of another flow', () => {
  it('is chosen by keyboard, and taken back', async () => {
    const seen = vi.fn();
    draw(<Form start={{ to: 'two' }} seen={seen} />);
    const box = await screen.findByRole('combobox', { name: receiving });
    // The flow's choice, what clears it, the node's.
    for (let i = 0; i < 3; i++) await userEvent.tab();
    expect(document.activeElement).toBe(box);
    await userEvent.keyboard('{Enter}');
    expect(await titles()).toEqual(['门店退货 (shop)', 'online']);
    // The list goes by key codes, which keyboard() does not give.
    for (const [key, keyCode] of [['ArrowDown', 40], ['Enter', 13]] as const) fireEvent.keyDown(box, { key, keyCode });
    expect(seen).toHaveBeenLastCalledWith({ to: 'two.online' });
    expect(screen.getByTitle('两个入口')).toBeTruthy();
    await userEvent.tab();
    await userEvent.keyboard('{Enter}');
    expect(seen).toHaveBeenLastCalledWith({ to: 'two' });
  });

  it('is a source for what looks into a flow', async () => {
    draw(<Form at="keep" start={{ to: 'two' }} seen={vi.fn()} />);
    await userEvent.click(await screen.findByRole('combobox', { name: '方案的来源节点' }));
    expect(await titles()).toEqual(['门店退货 (shop)', 'online', 'orders']);
  });

  it('needs no name where it is the only one of what is published, nor where a setting beside names it', async () => {
    const seen = vi.fn();
    draw(<><Form start={{ to: 'one' }} seen={seen} /><Form at="keep" start={{ to: 'two', source: 'orders' }} seen={seen} /><Form at="keep" start={{ to: 'one' }} seen={seen} /></>);
    expect(await screen.findByRole('combobox', { name: '方案的来源节点' })).toBeTruthy();
    await waitFor(() => expect(screen.getAllByTitle('一个入口')).toHaveLength(2));
    expect(screen.getAllByRole('combobox')).toHaveLength(4);
    expect(screen.queryByRole('combobox', { name: receiving })).toBeNull();
  });

  it('is shown as it is stored where the flow has it no more', async () => {
    const seen = vi.fn();
    draw(<Form start={{ to: 'one.gone' }} seen={seen} />);
    const box = await screen.findByRole('combobox', { name: receiving });
    expect(screen.getByTitle('gone（方案里没有这个节点）')).toBeTruthy();
    expect(box.closest('.ant-select-status-error')).not.toBeNull();
    await userEvent.click(box);
    await userEvent.click(await screen.findByTitle('only'));
    expect(seen).toHaveBeenLastCalledWith({ to: 'one' });
    expect(screen.queryByRole('combobox', { name: receiving })).toBeNull();
  });

  it('is none of a flow that cannot be read', async () => {
    serve({ 'GET /flows': () => ({ body: { items: [{ id: 'f2', name: 'two', title: '两个入口', publishedVersion: 0 }], next: '' } }) });
    draw(<Form start={{ to: 'two.shop' }} seen={vi.fn()} />);
    expect(await screen.findByTitle('两个入口.shop')).toBeTruthy();
    expect(screen.getAllByRole('combobox')).toHaveLength(1);
  });
});

describe('entries of a flow', () => {
  it('are its inlets, or all that documents come in by', () => {
    const ids = (wanted: 'inlet' | 'source') => entriesOf(readDocument(DRAFT), types, wanted).map((one) => one.id);
    expect([ids('inlet'), ids('source')]).toEqual([['shop', 'online'], ['shop', 'online', 'orders']]);
  });
});
