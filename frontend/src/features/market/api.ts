import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, take } from '../../shared/api/client';
import { keys } from '../../shared/api/keys';
import { asBytes } from '../../shared/api/upload';
import { writeBody } from '../../shared/lib/json';
import { saveFile } from '../../shared/lib/saveFile';
import type { CopyWish } from './model/copying';
import type { Asked } from './model/publishing';

/** A body whose numbers keep their digits. */
const exactly = (body: object) => ({ body: body as never, bodySerializer: () => writeBody(body as Record<string, unknown>) });

/** The templates of the market, as cards show them. */
export function useTemplates() {
  return useQuery({ queryKey: keys.templates, queryFn: async ({ signal }) => (await take(api.GET('/templates', { signal }))).items });
}

/** A template with its flows and what it needs here; the newest version where none is named. */
export function useTemplate(id: string, version = '') {
  return useQuery({
    queryKey: keys.template(id, version),
    queryFn: ({ signal }) => take(api.GET('/templates/{id}', { params: { path: { id }, query: { version: version || undefined } }, signal })),
  });
}

/** What flows would make as a template. Nothing is stored; what was seen last stays until the next is there. */
export function useTemplateDraft(words: Asked) {
  return useQuery({
    queryKey: keys.templateDraft(words), enabled: words.flows.length > 0, placeholderData: keepPreviousData, gcTime: 0, retry: false,
    queryFn: ({ signal }) => take(api.POST('/templates/drafts', { ...exactly(words), signal })),
  });
}

/** What is in a package. */
export function useInspectTemplate() {
  return useMutation({ mutationFn: (file: File) => take(api.POST('/templates/packages/inspect', { ...asBytes, body: file as unknown as string })) });
}

/** The templates of the private registry, where one is set up. */
export function useTemplateRegistry() {
  return useQuery({ queryKey: keys.templateRegistry, queryFn: ({ signal }) => take(api.GET('/templates/registry', { signal })) });
}

/** What a workspace does with templates of its own. */
export function useOwnTemplates() {
  const client = useQueryClient();
  const onSuccess = () => client.invalidateQueries({ queryKey: keys.templates });
  return {
    publish: useMutation({ mutationFn: (body: Asked) => take(api.POST('/templates', exactly(body))), onSuccess }),
    take: useMutation({
      mutationFn: ({ file, sum, unsigned }: { file: File; sum: string; unsigned: boolean }) => take(api.POST('/templates/packages', { ...asBytes, params: { query: { sum, unsigned } }, body: file as unknown as string })), onSuccess,
    }),
    fetch: useMutation({
      mutationFn: ({ id, version, unsigned }: { id: string; version: string; unsigned: boolean }) => take(api.POST('/templates/registry/{id}', { params: { path: { id }, query: { version, unsigned } } })), onSuccess,
    }),
    remove: useMutation({
      mutationFn: ({ id, version }: { id: string; version: string }) => take(api.DELETE('/templates/{id}', { params: { path: { id }, query: { version: version || undefined } } })),
      onSuccess: (_, { id }) => {
        // The page that comes next must not show, even for a moment, the version that is gone.
        client.removeQueries({ queryKey: keys.template(id), type: 'inactive' });
        return onSuccess();
      },
    }),
    /** Hands the package to the browser. */
    save: useMutation({
      mutationFn: async ({ id, version }: { id: string; version: string }) =>
        saveFile((await take(api.GET('/templates/{id}/package', { params: { path: { id }, query: { version } }, parseAs: 'blob' }))) as unknown as Blob, `${id}-${version}.kzt`),
    }),
  };
}

/** Makes flows and code tables of a template, all or none. */
export function useCopyTemplate(id: string, version: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CopyWish) => take(api.POST('/templates/{id}/copy', { params: { path: { id }, query: { version } }, ...exactly(body) })),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: keys.flows }), client.invalidateQueries({ queryKey: keys.codeTables }), client.invalidateQueries({ queryKey: keys.template(id) })]),
  });
}

/** What makes a copy work: one document tried, then published and enabled. */
export function useCopiedFlow(flow: string) {
  const client = useQueryClient();
  const path = { id: flow };
  return {
    tryOne: useMutation({ mutationFn: () => take(api.POST('/flows/{id}/dry-runs', { params: { path }, body: { count: 1, version: 'draft' } })) }),
    begin: useMutation({
      mutationFn: async ({ published, note }: { published: boolean; note: string }) => {
        if (!published) await take(api.POST('/flows/{id}/publish', { params: { path }, body: { note } }));
        return take(api.POST('/flows/{id}/enable', { params: { path }, body: {} }));
      },
      onSettled: () => Promise.all([client.invalidateQueries({ queryKey: keys.flows }), client.invalidateQueries({ queryKey: keys.flow(flow) })]),
    }),
  };
}
