import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DialogsProvider } from '~/shared/ui/DialogsProvider';
import type { FilePreview as Preview, Setting } from '~/shared/api/types';
import { NodeContextValue } from '../nodeEditor/useNodeContext';
import { draw, openFlow, serve } from '../testing';
import { columnsOf, readingOf } from './api';
import FileWidget from './FileWidget';
import FolderWidget from './FolderWidget';

const seen: Preview = { name: 'a.csv', format: 'csv', encoding: 'gb18030', delimiter: ',', sheets: [], rows: [{ no: '007', 金额: '1.10' }], more: false, folder: '', files: [] };
const stored = { id: '1', name: 'a.csv', size: 2048, sum: 's', uploadedBy: 'amy', uploadedAt: '2026-03-01T00:00:00Z', usedBy: [] };

/** Answers to an upload, as the server would. */
class Sent {
  static answer = { status: 201, body: {} as unknown };
  static last: Sent | undefined;
  upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  status = 0;
  responseText = '';
  url = '';
  onload?: () => void;
  open(_method: string, url: string) {
    this.url = url;
  }
  setRequestHeader() {
    return undefined;
  }
  send() {
    Sent.last = this;
    this.upload.onprogress?.({ loaded: 1, total: 2 });
    this.status = Sent.answer.status;
    this.responseText = JSON.stringify(Sent.answer.body);
    setTimeout(() => this.onload?.(), 0);
  }
}

function Hold({ of: Widget, start }: { of: typeof FileWidget; start: string }) {
  const [value, setValue] = useState<unknown>(start);
  return (
    <NodeContextValue value={{ id: 'refunds', source: undefined, input: undefined, fields: [], operation: undefined, request: [], target: [], output: undefined }}>
      <DialogsProvider>
        <Widget setting={{ key: 'file', kind: 'file', title: { zh: '文件' } } as Setting} value={value} onChange={setValue} id="file" describedBy={undefined} invalid={false} disabled={false} path="file" errors={{}} kept={false} beside={{}} widgets={{}} />
        <output data-testid="value">{String(value)}</output>
      </DialogsProvider>
    </NodeContextValue>
  );
}

const drop = async (name: string) => userEvent.upload(await screen.findByLabelText(/拖入文件|Drop a file/, { selector: 'input' }), new File(['no\n1\n'], name));

beforeEach(() => {
  openFlow();
  vi.stubGlobal('XMLHttpRequest', Sent);
});

describe('files', () => {
  it('names columns in the order of the records, and asks only about what is read', () => {
    expect(columnsOf([{ b: 1 }, { a: 1, b: 2 }, 5, null])).toEqual(['b', 'a']);
    expect(readingOf({ file: 'a', key: '{{x}}', header: 0, sheet: undefined as never })).toEqual({ file: 'a', header: 0 });
  });

  it('uploads what is dropped and takes it', async () => {
    serve({ 'GET /files': () => ({ body: { items: [], next: '' } }), 'POST /files/preview': () => ({ body: seen }) });
    draw(<Hold of={FileWidget} start="" />);
    Sent.answer = { status: 201, body: { ...stored, name: 'b.csv' } };
    await drop('b.csv');
    await waitFor(() => expect(screen.getByTestId('value').textContent).toBe('b.csv'));
    expect(Sent.last?.url).toContain('name=b.csv&replace=false');
  });

  it('knows a file that was dropped before the list of files came', async () => {
    let asked = 0;
    serve({ 'GET /files': () => (asked++ === 0 ? new Promise(() => undefined) : { body: { items: [{ ...stored, name: 'b.csv' }], next: '' } }), 'POST /files/preview': () => ({ body: seen }) });
    draw(<Hold of={FileWidget} start="" />);
    Sent.answer = { status: 201, body: { ...stored, name: 'b.csv' } };
    await drop('b.csv');
    await waitFor(() => expect(screen.getByTestId('value').textContent).toBe('b.csv'));
    expect(asked).toBe(2);
  });

  it('says why a file is refused and keeps the one that was chosen', async () => {
    serve({ 'GET /files': () => ({ body: { items: [stored], next: '' } }), 'POST /files/preview': () => ({ body: seen }) });
    draw(<Hold of={FileWidget} start="a.csv" />);
    Sent.answer = { status: 422, body: { status: 422, code: 'file.too_large', message: '文件超过 256 MiB', hint: '请拆分成几个文件' } };
    await drop('b.csv');
    expect((await screen.findByText('文件超过 256 MiB')).closest('[role="alert"]')?.textContent).toContain('请拆分');
    expect(screen.getByTestId('value').textContent).toBe('a.csv');
  });

  it('tells when the file that was chosen is gone', async () => {
    serve({ 'GET /files': () => ({ body: { items: [], next: '' } }) });
    draw(<Hold of={FileWidget} start="a.csv" />);
    expect(await screen.findByText(/文件 a.csv 已不存在|a.csv is gone/)).toBeTruthy();
  });

  it('shows what is in a folder, and what is wrong with its first file', async () => {
    const now = '2026-03-01T00:00:00Z';
    const files = Array.from({ length: 10 }, (_, i) => ({ name: `f${i}.csv`, size: 3, modifiedAt: now, fresh: i === 1 }));
    const calls = serve({
      'POST /files/preview': () => ({ body: { ...seen, rows: [], fault: { code: 'sheet.quotes', message: '第 3 行的引号没有配对' }, folder: '/data/files/1/folders/in', files } }),
    });
    draw(<Hold of={FolderWidget} start="in" />);
    expect(await screen.findByText('第 3 行的引号没有配对')).toBeTruthy();
    expect(screen.getByText('/data/files/1/folders/in')).toBeTruthy();
    expect(screen.getAllByRole('listitem')).toHaveLength(8);
    expect(calls.map(({ call }) => call)).toEqual(['POST /files/preview']);
  });
});
