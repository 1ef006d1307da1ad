import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, take } from '~/shared/api/client';
import { type ApiError, asApiError } from '~/shared/api/errors';
import { keys } from '~/shared/api/keys';
import type { FilePreview, Json, StoredFile } from '~/shared/api/types';
import { uploadFile } from '~/shared/api/upload';
import type { JsonObject } from '~/model/document';
import { parseLossless } from '~/model/lossless';

/** The files of the workspace. */
export function useFiles() {
  return useQuery({ queryKey: keys.files, queryFn: async ({ signal }) => (await take(api.GET('/files', { signal }))).items });
}

/** What of a node's settings is about reading; the rest does not ask anew. */
const ABOUT_FILES = ['from', 'file', 'folder', 'pattern', 'format', 'encoding', 'delimiter', 'sheet', 'header', 'columns', 'rowsPath', 'position'];

export const readingOf = (settings: JsonObject): JsonObject => Object.fromEntries(Object.entries(settings).filter(([key, value]) => ABOUT_FILES.includes(key) && value !== undefined));

/** The first records that a file node with these settings would give. Long numbers keep their digits. */
export function useFilePreview(settings: JsonObject, on: boolean) {
  return useQuery<FilePreview>({
    queryKey: [...keys.files, 'preview', settings],
    enabled: on,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => parseLossless((await take(api.POST('/files/preview', { body: { settings }, signal, parseAs: 'text' }))) as unknown as string) as unknown as FilePreview,
  });
}

export interface Uploading {
  name: string;
  share: number;
}

/** Uploads a file and tells how far it is; the lists and previews see it then. */
export function useUpload() {
  const { i18n } = useTranslation();
  const client = useQueryClient();
  const [sending, setSending] = useState<Uploading>();
  const [refused, setRefused] = useState<ApiError>();
  const send = async (file: File, name: string, replace: boolean): Promise<StoredFile | undefined> => {
    setRefused(undefined);
    setSending({ name, share: 0 });
    try {
      const stored = await uploadFile(file, name, { replace, language: i18n.language, onProgress: (share) => setSending({ name, share }) });
      // A list that is still on its way for the first time would not have it, and is not asked for anew by itself.
      await client.cancelQueries({ queryKey: keys.files });
      await client.invalidateQueries({ queryKey: keys.files });
      return stored;
    } catch (error) {
      setRefused(asApiError(error));
      return undefined;
    } finally {
      setSending(undefined);
    }
  };
  return { send, sending, refused, forget: () => setRefused(undefined) };
}

export const deleteFile = (id: string) => take(api.DELETE('/files/{id}', { params: { path: { id } } }));

/** The names of the first records' members, in their order. */
export function columnsOf(rows: readonly Json[]): string[] {
  const names = new Set<string>();
  for (const row of rows) if (typeof row === 'object' && row !== null && !Array.isArray(row)) for (const name of Object.keys(row)) names.add(name);
  return [...names];
}
