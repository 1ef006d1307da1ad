import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import type { CodeRowChange } from '../../shared/api/types';

const PAGE = 200;
/** Codes are missing while documents are walked, so what is missing is asked for again (ms). */
const PACE = 10_000;

export function useCodeTable(id: string) {
  return useQuery({ queryKey: [...keys.codeTable(id), 'head'], queryFn: ({ signal }) => take(api.GET('/code-tables/{id}', { params: { path: { id } }, signal })), refetchInterval: PACE });
}

/** The rows that fit, page after page in the order of their sources. */
export function useRows(id: string, search: string, shared: boolean) {
  return useInfiniteQuery({
    queryKey: [...keys.codeTable(id), 'rows', search, shared],
    queryFn: ({ pageParam, signal }) =>
      take(api.GET('/code-tables/{id}/rows', { params: { path: { id }, query: { search: search || undefined, shared: shared || undefined, after: pageParam, limit: PAGE } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next || undefined,
    placeholderData: (before) => before,
  });
}

/** The codes that documents wait for: of one table, or of all. */
export function useMissing(id: string | undefined) {
  return useQuery({
    queryKey: id === undefined ? keys.missingCodes : [...keys.codeTable(id), 'missing'],
    queryFn: ({ signal }) => take(id === undefined ? api.GET('/code-tables/missing', { signal }) : api.GET('/code-tables/{id}/missing', { params: { path: { id } }, signal })),
    refetchInterval: PACE,
  });
}

/** What changes rows makes stale: the documents that waited go on, too. */
function useStale() {
  const client = useQueryClient();
  return (id: string) => Promise.all([
    client.invalidateQueries({ queryKey: keys.codeTable(id) }),
    client.invalidateQueries({ queryKey: keys.codeTables }),
    client.invalidateQueries({ queryKey: keys.missingCodes }),
    client.invalidateQueries({ queryKey: keys.documents }),
    client.invalidateQueries({ queryKey: keys.facets }),
  ]);
}

export function usePut() {
  const stale = useStale();
  return useMutation({
    mutationFn: ({ id, rows }: { id: string; rows: CodeRowChange[] }) => take(api.PUT('/code-tables/{id}/rows', { params: { path: { id } }, body: { rows } })),
    onSuccess: (_done, { id }) => stale(id),
  });
}

export function useRemoveRows(id: string) {
  const stale = useStale();
  return useMutation({
    mutationFn: (sources: string[]) => take(api.POST('/code-tables/{id}/rows/delete', { params: { path: { id } }, body: { sources } })),
    onSuccess: () => stale(id),
  });
}

/** What can be done with a table itself. */
export function useTableActions() {
  const client = useQueryClient();
  const stale = () => client.invalidateQueries({ queryKey: keys.codeTables });
  return {
    create: useMutation({ mutationFn: (body: { name: string; title: string }) => take(api.POST('/code-tables', { body })), onSuccess: stale }),
    rename: useMutation({
      mutationFn: ({ id, title }: { id: string; title: string }) => take(api.PUT('/code-tables/{id}', { params: { path: { id } }, body: { title } })),
      onSuccess: (_table, { id }) => Promise.all([stale(), client.invalidateQueries({ queryKey: keys.codeTable(id) })]),
    }),
    remove: useMutation({ mutationFn: (id: string) => take(api.DELETE('/code-tables/{id}', { params: { path: { id } } })), onSuccess: stale }),
  };
}

export interface Upload {
  file: File;
  replace: boolean;
  sheet: string;
  /** The version that was looked at; left out to look. */
  version?: number;
}

/** A file as the request's body: bytes, whatever the browser takes them for. */
const upload = (id: string, { file, replace, sheet, version }: Upload) => ({
  params: { path: { id }, query: { replace: replace || undefined, sheet: sheet || undefined, version } },
  body: '',
  bodySerializer: () => file,
  headers: { 'Content-Type': 'application/octet-stream' },
});

export function usePreview(id: string) {
  return useMutation({ mutationFn: (file: Upload) => take(api.POST('/code-tables/{id}/import/preview', upload(id, file))) });
}

export function useImport(id: string) {
  const stale = useStale();
  return useMutation({ mutationFn: (file: Upload) => take(api.POST('/code-tables/{id}/import', upload(id, file))), onSuccess: () => stale(id) });
}

/** Fetches all rows as a file in the reader's language. */
export async function fetchExport(id: string, format: 'xlsx' | 'csv', signal: AbortSignal): Promise<Blob> {
  return (await take(api.GET('/code-tables/{id}/export', { params: { path: { id }, query: { format } }, parseAs: 'blob', signal }))) as unknown as Blob;
}
