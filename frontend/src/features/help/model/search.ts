import type { HelpTitle } from '~/shared/api/types';
import { matches } from '~/model/pinyin';

export interface Found {
  page: HelpTitle;
  /** The headings that match; none where only the page's own title does. */
  headings: HelpTitle['headings'];
}

/** The pages whose title or headings match, each with the headings that do. */
export function search(pages: readonly HelpTitle[], query: string): Found[] {
  return pages.flatMap((page) => {
    const headings = page.headings.filter((heading) => matches(query, heading.title, heading.id));
    return headings.length > 0 || matches(query, page.title, page.id) ? [{ page, headings }] : [];
  });
}
