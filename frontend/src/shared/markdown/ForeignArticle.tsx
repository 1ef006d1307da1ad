import { Component, type ReactNode, useMemo } from 'react';
import Markdown, { type Components } from 'react-markdown';
import { Link } from 'react-router';
import remarkGfm from 'remark-gfm';
import { anchors } from './anchors';
import { Heading, isOutward, Outward, PlainBlock, TABLE } from './Article';
import styles from './Markdown.module.css';
import { shallow } from './shallow';

interface Props {
  text: string;
  /** Where a link of the page that leads to another file beside it goes; none is shown as text. */
  resolve: (href: string) => string | undefined;
}

/** Its headings' ids are behind it, so that none is one of the console's. */
const PREFIX = 'page-';
const PLUGINS = [shallow, remarkGfm, [anchors, PREFIX]] as ComponentMarkdown['remarkPlugins'];
type ComponentMarkdown = Parameters<typeof Markdown>[0];

/** A page that somebody else wrote: text and links only, no HTML, no pictures, no way into the console but by resolve. */
export default function ForeignArticle({ text, resolve }: Props) {
  const parts = useMemo((): Components => ({
    ...PARTS,
    a: ({ href = '', children }) => {
      if (isOutward(href)) return <Outward href={href}>{children}</Outward>;
      const to = href.startsWith('#') && href.length > 1 ? `#${PREFIX}${href.slice(1)}` : resolve(href);
      return to === undefined ? <span>{children}</span> : <Link to={to}>{children}</Link>;
    },
  }), [resolve]);
  return (
    <article className={styles.article}>
      <AsItIs key={text} text={text}>
        <Markdown remarkPlugins={PLUGINS} components={parts} skipHtml>
          {text}
        </Markdown>
      </AsItIs>
    </article>
  );
}

/** Shows a text as it is written where it can't be drawn as Markdown. */
class AsItIs extends Component<{ text: string; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? <pre className={styles.plain}>{this.props.text}</pre> : this.props.children;
  }
}

const PARTS: Components = {
  // Above it stands a title of the console's.
  h1: ({ id, children }) => <Heading level="h2" id={id}>{children}</Heading>,
  h2: ({ id, children }) => <Heading level="h3" id={id}>{children}</Heading>,
  h3: ({ id, children }) => <Heading level="h4" id={id}>{children}</Heading>,
  pre: ({ children }) => <PlainBlock>{children}</PlainBlock>,
  img: ({ alt }) => <span>{alt}</span>,
  table: TABLE,
};
