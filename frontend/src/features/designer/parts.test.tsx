import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { ReactFlowProvider } from '@xyflow/react';
import { type ReactNode, useState } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Field, Json, NodeDeclaration } from '~/shared/api/types';
import { asJson } from '~/model/document';
import { mappingLines } from '~/model/mapping';
import { sampleFields } from '~/model/sampleTree';
import { session } from '~/shared/testing/render';
import { refundFlow } from '~/model/testing';
import { needsConnection } from './canvas/useNodeFacts';
import { current, useDesigner } from './designer.store';
import { ConflictDialog } from './dialogs/ConflictDialog';
import { PublishDialog } from './dialogs/PublishDialog';
import { ConditionsEditor } from './form/ConditionsEditor';
import { ExpressionInput } from './form/ExpressionInput';
import { ParamsEditor } from './form/ParamsEditor';
import { errorsByLine } from './mapping/errors';
import MappingEditor from './mapping/MappingEditor';
import { FieldTree } from './nodeEditor/FieldTree';
import { type NodeContext, NodeContextValue } from './nodeEditor/useNodeContext';
import Outline from './outline/Outline';
import { Palette } from './palette/Palette';
import { ProblemsPanel } from './problems/ProblemsPanel';
import { draw, flowOf, openFlow, serve } from './testing';
import { Toolbar } from './toolbar/Toolbar';

const input: Json = { o_id: 7, so_id: 'S1', items: [{ sku_id: 'S9' }] };
const target: Field[] = [
  { field: 'o_id', title: { zh: 'id' }, required: true },
  { field: 'FEntity', title: { zh: 'lines' }, type: 'array', children: [{ field: 'sku_id', title: { zh: 'sku' }, required: true }] },
];
const context: NodeContext = {
  id: 'bill', source: 'refunds', input, fields: sampleFields(input, []), operation: undefined, output: { o_id: 7 }, target,
  request: [{ field: 'FormId', title: { zh: 'form' }, group: 'other', required: true }, { field: 'Hidden', title: { zh: 'h' }, group: 'other' }, { field: 'FBillNo', title: { zh: 'n' } }],
};

/** Holds the value of an editor, as the form does. */
function Hold({ start, children, seen }: { start: Json | undefined; seen: (value: Json | undefined) => void; children: (value: Json | undefined, onChange: (value: Json | undefined) => void) => ReactNode }) {
  const [value, setValue] = useState(start);
  return (
    <NodeContextValue value={context}>
      {children(value, (next) => {
        setValue(next);
        seen(next);
      })}
    </NodeContextValue>
  );
}

beforeEach(() => {
  serve({});
  openFlow();
});

describe('toolbar', () => {
  it('lets a published flow rest, says who did, and lets it go on', async () => {
    let items: object[] = [];
    const calls = serve({
      'GET /session': () => ({ body: session }),
      'GET /paused-flows': () => ({ body: { items } }),
      'POST /flows/f1/pause': () => {
        items = [{ flow: 'f1', actor: '林若水', since: '2026-11-21T08:00:00Z' }];
        return { body: {} };
      },
      'POST /flows/f1/resume': () => {
        items = [];
        return { body: {} };
      },
    });
    openFlow({ publishedVersion: 1 });
    draw(<Toolbar />);
    await userEvent.click(await screen.findByRole('button', { name: '暂停' }));
    const resume = await screen.findByRole('button', { name: '继续' });
    expect(resume.title).toContain('林若水');
    await userEvent.click(resume);
    await screen.findByRole('button', { name: '暂停' });
    expect(calls.filter(({ call }) => call.startsWith('POST')).map(({ call }) => call)).toEqual(['POST /flows/f1/pause', 'POST /flows/f1/resume']);
  });

  it('has nothing to let rest before a flow is published', async () => {
    const calls = serve({ 'GET /session': () => ({ body: session }), 'GET /paused-flows': () => ({ body: { items: [] } }) });
    draw(<Toolbar />);
    await waitFor(() => expect(calls.some(({ call }) => call === 'GET /paused-flows')).toBe(true));
    expect(screen.queryByRole('button', { name: '暂停' })).toBeNull();
  });
});

describe('node facts', () => {
  it('ask for a connection only where a system is called', () => {
    const writeback = { connection: true, connectionWith: 'operation', settings: [] } as unknown as NodeDeclaration;
    expect(needsConnection(writeback, {})).toBe(false);
    expect(needsConnection(writeback, { operation: ' ' })).toBe(false);
    expect(needsConnection(writeback, { operation: 'mark' })).toBe(true);
    expect(needsConnection({ ...writeback, connectionWith: undefined }, {})).toBe(true);
    expect(needsConnection({ ...writeback, connection: undefined }, { operation: 'mark' })).toBe(false);
  });
});

describe('expression input', () => {
  it('completes a path after two braces and shows the result', async () => {
    serve({ 'POST /values/evaluate': (body) => ({ body: { type: 'string', value: `<${(body as { text: string }).text}>` } }) });
    const seen = vi.fn();
    draw(<Hold start="" seen={seen}>{(value, onChange) => <ExpressionInput label="v" value={String(value)} onChange={onChange} />}</Hold>);
    const box = await screen.findByLabelText('v');
    await userEvent.type(box, '{{{{so');
    expect(await screen.findByRole('option', { name: /so_id/ })).toBeTruthy();
    await userEvent.keyboard('{Enter}');
    expect(seen).toHaveBeenLastCalledWith('{{so_id}}');
    expect(await screen.findByText('= <{{so_id}}>')).toBeTruthy();
  });
  it('tries a look-up with what the aliases of the flow stand for', async () => {
    const log = serve({ 'POST /values/evaluate': () => ({ body: { type: 'string', value: 'Li' } }) });
    const drawn = refundFlow();
    openFlow({ document: asJson({ ...drawn, spec: { ...drawn.spec, uses: { staff: { flow: 'id-1' }, open: {} } } }) });
    const text = '_findCollection find name from staff where no={{o_id}}';
    draw(<Hold start={text} seen={vi.fn()}>{(value, onChange) => <ExpressionInput label="v" value={String(value)} onChange={onChange} />}</Hold>);
    expect(await screen.findByText('= Li')).toBeTruthy();
    expect(log.find(({ call }) => call === 'POST /values/evaluate')?.body).toMatchObject({ text, uses: { staff: { flow: 'id-1' } } });
  });
  it('says what is wrong with a text', async () => {
    serve({ 'POST /values/evaluate': () => ({ body: { error: { code: 'value.syntax', message: 'no such function', position: 3 } } }) });
    draw(<Hold start="_function x(1)" seen={vi.fn()}>{(value, onChange) => <ExpressionInput label="v" value={String(value)} onChange={onChange} />}</Hold>);
    expect(await screen.findByText('no such function')).toBeTruthy();
  });
  it('takes a field that is dropped', async () => {
    const seen = vi.fn();
    draw(<Hold start="a " seen={seen}>{(value, onChange) => <ExpressionInput label="v" value={String(value)} onChange={onChange} />}</Hold>);
    const box = await screen.findByLabelText<HTMLTextAreaElement>('v');
    box.setSelectionRange(2, 2);
    fireEvent.drop(box, { dataTransfer: { getData: () => 'o_id' } });
    expect(seen).toHaveBeenLastCalledWith('a {{o_id}}');
  });
});

describe('editors', () => {
  it('conditions: adds groups and shows errors at the row', async () => {
    const seen = vi.fn();
    draw(<Hold start={[[{ field: 'status', logic: 'eq', value: 'x' }]]} seen={seen}>{(value, onChange) => <ConditionsEditor value={value} onChange={onChange} disabled={false} errors={{ 'c[0][0].value': 'bad value' }} path="c" />}</Hold>);
    expect(await screen.findByText('bad value')).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: /或（/ }));
    expect(seen).toHaveBeenLastCalledWith([[{ field: 'status', logic: 'eq', value: 'x' }], [{ field: '', logic: 'eq', value: '' }]]);
    await userEvent.click(screen.getAllByRole('button', { name: '移除条件' })[0] ?? expect.fail('no button'));
    expect(seen).toHaveBeenLastCalledWith([[{ field: '', logic: 'eq', value: '' }]]);
  });
  it('params: required ones stand there, others come by name, unknown ones stay', async () => {
    const seen = vi.fn();
    useDesigner.setState({});
    draw(
      <NodeContextValue value={{ ...context, id: 'k3' }}>
        <ParamsEditor value={[{ field: 'Mine', value: '1', note: 'kept' }]} onChange={seen} disabled={false} errors={{}} path="p" />
      </NodeContextValue>,
    );
    expect(await screen.findByLabelText('FormId')).toBeTruthy();
    expect(screen.queryByLabelText('Hidden')).toBeNull();
    expect(screen.queryByLabelText('FBillNo')).toBeNull();
    await userEvent.type(screen.getByLabelText('FormId'), 'A');
    expect(seen).toHaveBeenLastCalledWith([{ field: 'Mine', value: '1', note: 'kept' }, { field: 'FormId', value: 'A' }]);
    await userEvent.type(screen.getByLabelText('参数名'), 'New{Enter}');
    expect(seen).toHaveBeenLastCalledWith([{ field: 'Mine', value: '1', note: 'kept' }, { field: 'New', value: '' }]);
  });
  it('says which code table a field goes through, and why its value is what it is', async () => {
    serve({
      'GET /code-tables': () => ({ body: { items: [{ id: '1', name: 'shops', title: '店铺', version: 1, rows: 2, missing: 0, waiting: 0, ambiguous: 0, usedBy: [], updatedAt: null }], next: '' } }),
      [`POST /flows/${current().flow.id}/explain`]: () => ({ body: { items: [{ row: 'fields[0]', field: 'o_id', value: 7, why: [{ step: 'read', name: '{{o_id}}', value: 7 }] }], next: '' } }),
    });
    const seen = vi.fn();
    draw(<Hold start={[{ field: 'o_id', value: '{{o_id}}' }]} seen={seen}>{(value, onChange) => <MappingEditor rows={value} onChange={onChange} disabled={false} errors={{}} path="fields" settingKey="fields" />}</Hold>);
    await userEvent.click(await screen.findByRole('button', { name: /o_id 的更多设置/ }));
    expect(await screen.findByText('取值')).toBeTruthy();
    fireEvent.mouseDown(await screen.findByRole('combobox', { name: /对照表/ }));
    await userEvent.click(await screen.findByText('店铺 (shops)'));
    expect(seen).toHaveBeenLastCalledWith([{ field: 'o_id', value: '{{o_id}}', table: 'shops' }]);
    fireEvent.click(screen.getByRole('checkbox', { name: '空值也写入' }));
    expect(seen).toHaveBeenLastCalledWith([{ field: 'o_id', value: '{{o_id}}', table: 'shops', omitEmpty: false }]);
  });

  it('mapping: proposes, and writes only what is taken', async () => {
    const seen = vi.fn();
    draw(<Hold start={[{ field: 'FEntity', type: 'array', value: 'items' }]} seen={seen}>{(value, onChange) => <MappingEditor rows={value} onChange={onChange} disabled={false} errors={{}} path="fields" settingKey="fields" />}</Hold>);
    expect(await screen.findByText('必填 0/2')).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: '自动匹配' }));
    expect(seen).not.toHaveBeenCalled();
    await userEvent.click(await screen.findByRole('button', { name: '全部采用' }));
    expect(seen).toHaveBeenLastCalledWith([{ field: 'o_id', value: '{{o_id}}' }, { field: 'FEntity', type: 'array', value: 'items', children: [{ field: 'sku_id', value: '{{items.sku_id}}' }] }]);
  });
  it('mapping: finds the line a problem is about', () => {
    const rows: Json = [{ field: 'x' }, { field: 'FEntity', type: 'array', children: [{ field: 'sku_id', value: '?' }] }];
    const lines = mappingLines(rows, target);
    expect([...errorsByLine(lines, rows, { 'fields[1].children[0].value': 'a', 'fields[0].value': 'b', 'fields.o_id': 'c' }, 'fields')]).toEqual([['FEntity.sku_id', 'a'], ['x', 'b'], ['o_id', 'c']]);
  });
});

describe('around the canvas', () => {
  it('palette: finds by name and adds by click', async () => {
    draw(<ReactFlowProvider><Palette /></ReactFlowProvider>);
    await userEvent.type(await screen.findByRole('textbox'), 'map');
    expect(screen.getAllByRole('button').filter((one) => one.getAttribute('draggable') === 'true')).toHaveLength(1);
    await userEvent.keyboard('{Enter}');
    expect([...current().graph.nodes.keys()]).toContain('map');
  });
  it('outline: walks, opens and deletes by keys', async () => {
    const onOpen = vi.fn();
    draw(<Outline onOpen={onOpen} onShow={vi.fn()} />);
    const items = await screen.findAllByRole('treeitem');
    expect(items).toHaveLength(7);
    items[0]?.focus();
    await userEvent.keyboard('{ArrowDown}{ArrowDown}{ArrowDown}{Enter}');
    expect(onOpen).toHaveBeenCalledWith('keep');
    await userEvent.keyboard('{Delete}');
    expect(current().graph.nodes.has('keep')).toBe(false);
  });
  it('problems: blocking first, a click opens the field', async () => {
    openFlow({ problems: [{ code: 'w', message: 'warn', path: 'spec.nodes[0]' }, { code: 'b', message: 'block', path: 'spec.nodes[4].settings.fields[0].value', blocking: true }] });
    const onOpen = vi.fn();
    draw(<ProblemsPanel onShow={vi.fn()} onOpen={onOpen} />);
    const buttons = await screen.findAllByRole('button');
    expect(within(buttons[0] ?? expect.fail('no button')).getByText('block')).toBeTruthy();
    await userEvent.click(buttons[0] ?? expect.fail('no button'));
    expect(onOpen).toHaveBeenCalledWith('bill', 'settings.fields[0].value');
  });
  it('publish: closed to drafts with blocking problems', async () => {
    openFlow({ problems: [{ code: 'b', message: 'block', blocking: true }] });
    useDesigner.setState({ dialog: 'publish' });
    draw(<PublishDialog />);
    expect((await screen.findByRole<HTMLButtonElement>('button', { name: '发布' })).disabled).toBe(true);
  });
  it('publish: sends the note and shows the new version', async () => {
    const diff = { nodes: [{ kind: 'added', id: 'bill', type: 'map', title: 'Return', changes: [] }], wires: [], flow: [], tests: [], layout: false };
    const calls = serve({ 'POST /flows/f1/publish': () => ({ body: flowOf(undefined, { publishedVersion: 1, dirty: false }) }), 'GET /flows/f1/diff': () => ({ body: diff }) });
    useDesigner.setState({ dialog: 'publish' });
    draw(<PublishDialog />);
    await screen.findByText('Return');
    await userEvent.type(await screen.findByRole('textbox'), 'first');
    await userEvent.click(screen.getByRole('button', { name: '发布' }));
    await waitFor(() => expect(current().flow.publishedVersion).toBe(1));
    expect(calls.find((one) => one.call === 'POST /flows/f1/publish')).toMatchObject({ body: { note: 'first' } });
  });
  it('conflict: theirs replaces mine, mine is saved with their etag', async () => {
    const theirs = flowOf(undefined, { etag: '"9"', title: 'Theirs' });
    const calls = serve({ 'GET /flows/f1': () => ({ body: theirs }), 'PUT /flows/f1': () => ({ body: flowOf(undefined, { etag: '"10"' }) }) });
    useDesigner.setState((state) => ({ save: 'conflict', theirs, history: { ...state.history, present: { ...state.history.present } } }));
    draw(<ConflictDialog />);
    await userEvent.click(await screen.findByRole('button', { name: '用我的覆盖' }));
    await waitFor(() => expect(current().save).toBe('saved'));
    expect(calls.find((one) => one.call === 'PUT /flows/f1')?.headers.get('If-Match')).toBe('"9"');
  });
});

describe('field tree', () => {
  const at = () => document.activeElement?.getAttribute('data-path');

  it('is one stop of Tab; arrows go through it, fold and unfold', async () => {
    draw(<><FieldTree fields={context.fields} query="" /><button type="button">after</button></>);
    await screen.findByRole('tree');
    await userEvent.tab();
    expect(at()).toBe('o_id');
    await userEvent.keyboard('{ArrowDown}{ArrowDown}{ArrowDown}');
    expect(at()).toBe('items.sku_id');
    await userEvent.keyboard('{ArrowUp}{ArrowLeft}');
    expect(at()).toBe('items');
    expect(document.querySelector('[data-path="items.sku_id"]')).toBeNull();
    await userEvent.keyboard('{ArrowRight}{End}');
    expect(at()).toBe('items.sku_id');
    await userEvent.tab();
    expect(document.activeElement?.textContent).toBe('after');
    await userEvent.tab({ shift: true });
    expect(at()).toBe('items.sku_id');
  });
});

describe('completion', () => {
  it('takes nothing when Tab passes through', async () => {
    const seen = vi.fn();
    draw(<Hold start="" seen={seen}>{(value, onChange) => <ExpressionInput label="v" value={String(value)} onChange={onChange} names="path" />}</Hold>);
    await userEvent.tab();
    await userEvent.tab();
    expect(seen).not.toHaveBeenCalled();
  });
});
