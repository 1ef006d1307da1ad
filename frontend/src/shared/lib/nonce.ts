/**
 * The nonce of the content security policy. Read from the property: browsers
 * blank the attribute so that style sheets cannot leak it.
 */
export function pageNonce(doc: Document = document): string {
  return doc.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}
