import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import { ConfigProvider } from 'antd';
import type { ReactNode } from 'react';
import { MemoryRouter } from 'react-router';
import { vi } from 'vitest';
import type { Flow, Json } from '~/shared/api/types';
import { asJson, type FlowDocument } from '~/model/document';
import { refundFlow, TYPES } from '~/model/testing';
import { DialogsProvider } from '~/shared/ui/DialogsProvider';
import { open } from './designer.store';

export const flowOf = (doc: FlowDocument = refundFlow(), more: Partial<Flow> = {}): Flow => ({
  id: 'f1', name: 'f1', title: 'Refunds', enabled: false, draftVersion: 1, publishedVersion: 0, dirty: true, blocking: 0, updatedAt: '', etag: '"1"', document: asJson(doc), problems: [], ...more,
});

export const openFlow = (more: Partial<Flow> = {}, readOnly = false) => open(flowOf(undefined, more), TYPES, readOnly);

interface Answer {
  status?: number;
  body: unknown;
}

/** Stands in for the server: answers by method and path, and remembers what was asked. */
export function serve(answers: Record<string, (body: Json, request: Request) => Answer | Promise<Answer>>) {
  const calls: { call: string; body: Json; headers: Headers }[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const call = `${request.method} ${new URL(request.url).pathname.replace('/api/v1', '')}`;
    const text = await request.text();
    const body = (text === '' ? null : JSON.parse(text)) as Json;
    calls.push({ call, body, headers: request.headers });
    const answer = (await answers[call]?.(body, request)) ?? { status: 404, body: { code: 'not_found', message: call, status: 404 } };
    return new Response(JSON.stringify(answer.body), { status: answer.status ?? 200, headers: { 'Content-Type': 'application/json' } });
  });
  return calls;
}

/** Draws with everything the designer's parts stand in. */
export function draw(node: ReactNode) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <QueryClientProvider client={client}>
      <MemoryRouter>
        <ConfigProvider button={{ autoInsertSpace: false }}>
          <DialogsProvider>{node}</DialogsProvider>
        </ConfigProvider>
      </MemoryRouter>
    </QueryClientProvider>,
  );
}
