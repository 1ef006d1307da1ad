import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, take } from '../api/client';
import { keys } from '../api/keys';
import type { Attempt } from '../api/types';

/** Every attempt to write a document; fetched anew when the document has changed. */
export function useAttempts(id: string, changed: string) {
  return useQuery({
    queryKey: [...keys.document(id), 'attempts', changed],
    queryFn: async ({ signal }) => (await take(api.GET('/documents/{id}/attempts', { params: { path: { id } }, signal }))).items ?? [],
    placeholderData: keepPreviousData,
  });
}

export const CONTENTS = ['request', 'response', 'answer'] as const;
export type Content = (typeof CONTENTS)[number];

export function useContent(id: string, attempt: string, content: Content) {
  return useQuery({
    queryKey: [...keys.document(id), 'attempt', attempt, content],
    queryFn: ({ signal }) => take(api.GET('/documents/{id}/attempts/{no}', { params: { path: { id, no: attempt }, query: { content } }, signal })),
    retry: false,
  });
}

/** Where the bytes are as they are. */
export const rawAddress = (id: string, attempt: string, content: Content) => `/api/v1/documents/${id}/attempts/${attempt}/raw?content=${content}`;

export interface DeliveryAttempts {
  key: string;
  node: string;
  part: number;
  connection: string;
  attempts: Attempt[];
}

/** Attempts by delivery, the newest first: that is what a person looks for. */
export function byDelivery(attempts: readonly Attempt[]): DeliveryAttempts[] {
  const found = new Map<string, DeliveryAttempts>();
  for (const one of attempts) {
    const key = `${one.node}/${one.part}`;
    const of = found.get(key) ?? { key, node: one.node, part: one.part, connection: '', attempts: [] };
    of.connection ||= one.connection ?? '';
    of.attempts.unshift(one);
    found.set(key, of);
  }
  return [...found.values()];
}
