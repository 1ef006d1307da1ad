import type { Flow, Json, Problem, ProblemDetails } from './types';

/** Codes that this side gives when there is no answer of the server to speak for itself. */
export const CODE_NETWORK = 'network.unreachable';
export const CODE_UNREADABLE = 'network.unreadable';
/** This page's own code failed, or could not be loaded. */
export const CODE_CRASHED = 'page.crashed';
/** A part of this page's code is not to be had: after an update of the server it has another name. */
export const CODE_OUTDATED = 'page.outdated';

// What Chromium, Firefox, Safari and the bundler's own loader of styles say.
const NOT_LOADED = /dynamically imported module|module script failed|Unable to preload/i;

/** What a failed request became. The server's words are already in the reader's language. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  /** 0 when no answer came. */
  readonly status: number;
  readonly path: string;
  readonly hint: string;
  readonly problems: Problem[];
  readonly requestId: string;
  /** The version that is stored, on a conflict of flows; other objects read `stored`. */
  readonly current: Flow | undefined;
  /** The same as it came. */
  readonly stored: Json | undefined;

  constructor(details: ProblemDetails) {
    super(details.message ?? details.title ?? details.code);
    this.code = details.code;
    this.status = details.status;
    this.path = details.path ?? '';
    this.hint = details.hint ?? '';
    this.problems = details.problems ?? [];
    this.requestId = details.requestId ?? '';
    this.stored = details.current;
    this.current = details.current as Flow | undefined;
  }
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError({ status: 0, code: NOT_LOADED.test(message) ? CODE_OUTDATED : CODE_CRASHED, message });
}

export const isOffline = (error: unknown) => asApiError(error).code === CODE_NETWORK;
export const isCrash = (error: unknown) => asApiError(error).code === CODE_CRASHED;
export const isOutdated = (error: unknown) => asApiError(error).code === CODE_OUTDATED;
export const isDenied = (error: unknown) => asApiError(error).status === 403;
export const isMissing = (error: unknown) => asApiError(error).status === 404;
export const needsLogin = (error: unknown) => asApiError(error).code === 'auth.login_required';
export const needsSetup = (error: unknown) => asApiError(error).code === 'auth.setup_required';

/** Asking again can help: nothing came back, or the server had trouble of its own. */
export const isPassing = (error: unknown) => {
  const { status } = asApiError(error);
  return isOffline(error) || status === 502 || status === 503 || status === 504;
};

/** Reads the body of a refused request. Any body is survived: proxies answer in HTML. */
export async function readError(response: Response): Promise<ApiError> {
  let body: unknown;
  try {
    body = JSON.parse(await response.text());
  } catch {
    body = undefined;
  }
  if (typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string') {
    return new ApiError({ ...(body as ProblemDetails), status: response.status });
  }
  return new ApiError({ status: response.status, code: CODE_UNREADABLE, message: `HTTP ${response.status}` });
}

/** The refusal's words by field, so that they stand where the mistake is. */
export function fieldErrors(error: unknown, under = ''): Record<string, string> {
  const found: Record<string, string> = {};
  if (error === null || error === undefined) return found;
  const refusal = asApiError(error);
  const words = (message: string, hint: string | undefined) => (hint === undefined || hint === '' ? message : `${message} ${hint}`);
  const put = (path: string, text: string) => {
    if (path.startsWith(under) && path !== '') found[path.slice(under.length)] ??= text;
  };
  for (const problem of refusal.problems) put(problem.path ?? '', words(problem.message, problem.hint));
  put(refusal.path, words(refusal.message, refusal.hint));
  return found;
}
