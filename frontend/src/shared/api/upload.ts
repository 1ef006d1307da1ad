import { API_BASE } from './client';
import { ApiError, asApiError, CODE_NETWORK, CODE_UNREADABLE } from './errors';
import type { ProblemDetails, StoredFile } from './types';

export interface Sending {
  /** From 0 to 1, each time that more of it has gone. */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
  /** Puts the content in the place of what a file of the name holds. */
  replace?: boolean;
  language: string;
}

/** How a call sends a package: its bytes are what is signed. */
export const asBytes = { headers: { 'Content-Type': 'application/octet-stream' }, bodySerializer: (body: unknown) => body as Blob };

/** Sends a file as it is. fetch tells nothing of how far it is, so the older way is taken. */
export function uploadFile(file: Blob, name: string, { onProgress, signal, replace = false, language }: Sending): Promise<StoredFile> {
  return new Promise((give, fail) => {
    const request = new XMLHttpRequest();
    request.open('POST', `${API_BASE}/files?${new URLSearchParams({ name, replace: String(replace) }).toString()}`);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.setRequestHeader('Accept-Language', language);
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total === 0 ? 0 : loaded / total);
    request.onerror = () => fail(new ApiError({ status: 0, code: CODE_NETWORK, message: name }));
    request.onabort = () => fail(new DOMException('the upload was given up', 'AbortError'));
    request.onload = () => {
      try {
        const answer = JSON.parse(request.responseText) as unknown;
        if (request.status < 300) give(answer as StoredFile);
        else fail(new ApiError({ ...(answer as ProblemDetails), status: request.status }));
      } catch (error) {
        fail(new ApiError({ status: request.status, code: CODE_UNREADABLE, message: asApiError(error).message }));
      }
    };
    signal?.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
