import { pageNonce } from '../shared/lib/nonce';

/**
 * Gives every style element made by a script the nonce. The scroll lockers of
 * dialogs make theirs without asking, and the policy would drop them.
 */
export function installStyleNonce(doc: Document = document): string {
  const nonce = pageNonce(doc);
  if (nonce === '') return nonce;
  const create = doc.createElement.bind(doc);
  doc.createElement = ((tag: string, options?: ElementCreationOptions) => {
    const element = create(tag, options);
    if (tag.toLowerCase() === 'style') element.nonce = nonce;
    return element;
  }) as typeof doc.createElement;
  return nonce;
}
