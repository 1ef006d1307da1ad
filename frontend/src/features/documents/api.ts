import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import type { DocumentQuery } from '../../shared/api/types';
import { usePollWhileDown } from '../../shared/hooks/useLive';
import { type RawJson, writeBody } from '../../shared/lib/json';
import { zone } from '../../shared/lib/times';
import { readDocument } from './model/detail';

export const PAGE = 200;
const FRESH_PAGES = 3;
/** How many pages of a list are kept: scrolled farther, those at its other end are let go and fetched again on the way back. */
export const WINDOW = 5;

/** Where a page is: behind or before a cursor, and how many documents stand above its first or its end. */
interface Place {
  after?: string;
  before?: string;
  above: number;
}

/** What a list shows beside its filter: where it begins, and the business fields it comes with. */
export interface Showing {
  at: string;
  columns: readonly string[];
}

/** The documents that fit, newest first, page after page without counting them. */
export function useDocuments(filter: DocumentQuery, { at, columns }: Showing) {
  const pace = usePollWhileDown(30_000);
  return useInfiniteQuery({
    queryKey: [...keys.documents, filter, at, columns],
    queryFn: async ({ pageParam: { after, before, above }, signal }) => {
      const start = at !== '' && after === undefined && before === undefined ? { at } : {};
      const fields = columns.length === 0 ? {} : { fields: [...columns] };
      const page = await take(api.GET('/documents', { params: { query: { ...filter, ...start, ...fields, after, before, limit: PAGE } }, querySerializer: { array: { style: 'form', explode: false } }, signal }));
      return { ...page, above: before === undefined ? above : above - page.items.length };
    },
    initialPageParam: { above: 0 } as Place,
    getNextPageParam: (page): Place | undefined => (!page.next ? undefined : { after: page.next, above: page.above + page.items.length }),
    getPreviousPageParam: (page): Place | undefined => (!page.previous ? undefined : { before: page.previous, above: page.above }),
    maxPages: WINDOW,
    // A list that was scrolled far is not fetched anew by itself: the person is reading it.
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) <= FRESH_PAGES ? pace : false),
    refetchOnWindowFocus: (query) => ((query.state.data?.pages.length ?? 0) <= FRESH_PAGES),
  });
}

/** Fetches all that fit as a file in the reader's language and zone. */
export async function fetchExport(filter: DocumentQuery, columns: readonly string[], format: 'xlsx' | 'csv', signal: AbortSignal): Promise<Blob> {
  const fields = columns.length === 0 ? {} : { fields: [...columns] };
  const query = { ...filter, ...fields, format, timeZone: zone() };
  return (await take(api.GET('/documents/export', { params: { query }, querySerializer: { array: { style: 'form', explode: false } }, parseAs: 'blob', signal }))) as unknown as Blob;
}

export function useFacets(flow: string) {
  return useQuery({
    queryKey: [...keys.facets, flow || 'all'],
    queryFn: ({ signal }) => take(api.GET('/documents/facets', { params: { query: { flow: flow || undefined } }, signal })),
    refetchInterval: usePollWhileDown(),
  });
}

export function useDocument(id: string) {
  return useQuery({
    queryKey: keys.document(id),
    // As text: payloads hold numbers that JSON.parse would round.
    queryFn: async ({ signal }) => readDocument(await take(api.GET('/documents/{id}', { params: { path: { id } }, parseAs: 'text', signal }))),
    refetchInterval: (query) => (['waiting', 'claimed', 'held', 'retry_at'].includes(query.state.data?.state ?? '') ? 3000 : false),
  });
}

export interface Resend {
  node: string;
  part: number;
  body?: RawJson;
  /** The person's word that the target does not hold what was sent before. */
  decided?: boolean;
  /** The document's updatedAt that the person saw: refused where it changed since. */
  seen?: string | undefined;
}

/** What a person can do about a document. Each gives the document as it is afterwards. */
export function useRepair(id: string) {
  const client = useQueryClient();
  const path = { path: { id } };
  const options = {
    onSuccess: (text: string) => {
      client.setQueryData(keys.document(id), readDocument(text));
      void client.invalidateQueries({ queryKey: [...keys.document(id), 'decisions'] });
      void client.invalidateQueries({ queryKey: keys.documents });
      void client.invalidateQueries({ queryKey: keys.facets });
    },
    // It was refused: most often because somebody or something was faster.
    onError: () => void client.invalidateQueries({ queryKey: keys.document(id) }),
  };
  return {
    retry: useMutation({
      mutationFn: ({ version, source, seen }: { version: 'published' | 'pinned'; source?: RawJson; seen?: string | undefined }) =>
        take(api.POST('/documents/{id}/retry', { params: path, body: { version }, bodySerializer: () => writeBody({ version, source, seen }), parseAs: 'text' })),
      ...options,
    }),
    resend: useMutation({
      mutationFn: ({ node, part, body, decided = false, seen }: Resend) =>
        take(api.POST('/documents/{id}/resend', { params: path, body: { node, part }, bodySerializer: () => writeBody({ node, part, body, seen, ...(decided ? { decided } : {}) }), parseAs: 'text' })),
      ...options,
    }),
    eject: useMutation({
      mutationFn: (wish: { note: string; again: boolean }) => take(api.POST('/documents/{id}/eject', { params: path, body: wish, parseAs: 'text' })),
      ...options,
    }),
    skip: useMutation({
      mutationFn: (note: string) => take(api.POST('/documents/{id}/skip', { params: path, body: { note }, parseAs: 'text' })),
      ...options,
    }),
  };
}
