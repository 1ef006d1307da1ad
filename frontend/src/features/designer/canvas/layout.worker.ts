import { tidy, type TidyRequest } from '~/model/tidy';

globalThis.onmessage = (event: MessageEvent<TidyRequest>) => {
  globalThis.postMessage(tidy(event.data));
};
