import type { Plugin } from '../../shared/api/types';

/** The version that installing, activating and pinning are about: the newest package that starts, if none older than what serves. */
export function newest({ versions, serves }: Plugin): string {
  const at = versions.findIndex(({ version }) => version === serves);
  return versions.find(({ status, fault }, i) => status !== 'loose' && fault === undefined && (at < 0 || i <= at))?.version ?? serves;
}

/** Where a link of a plugin's page leads: to another of its pages, by the file, or to the reference; undefined for anything else. */
export function leadsTo(href: string, from: string, pages: readonly { id: string }[], place: (page: string) => string): string | undefined {
  if (href.startsWith('/help/') && !href.includes('..')) return href;
  if (href === '' || /^[a-z][a-z0-9+.-]*:|^[/\\]/i.test(href)) return undefined;
  const [file = ''] = href.split(/[?#]/);
  if (!file.endsWith('.md')) return undefined;
  const folder = from.includes('/') ? from.slice(0, from.lastIndexOf('/')).split('/') : [];
  for (const part of file.slice(0, -3).split('/')) {
    if (part === '..' && folder.pop() === undefined) return undefined;
    if (part !== '..' && part !== '.') folder.push(part);
  }
  const id = folder.join('/').replace(/[./](zh|zh-cn|zh-hans|en|en-us)$/i, '');
  const found = pages.find((page) => page.id.toLowerCase() === id.toLowerCase());
  return found === undefined ? undefined : place(found.id);
}
