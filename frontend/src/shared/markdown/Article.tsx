import { type ComponentProps, type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import Markdown, { type Components } from 'react-markdown';
import { Link } from 'react-router';
import remarkGfm from 'remark-gfm';
import { anchors } from './anchors';
import { CopyButton } from './CopyButton';
import { isExample } from './example';
import { ExampleBlock } from './ExampleBlock';
import styles from './Markdown.module.css';

const PLUGINS = [remarkGfm, anchors];

/** A page of the product's own. What is no Markdown in it, HTML above all, is left out. */
export default function Article({ text, onDrawn }: { text: string; onDrawn: (text: string) => void }) {
  useEffect(() => onDrawn(text), [text, onDrawn]);
  return (
    <article className={styles.article}>
      <Markdown remarkPlugins={PLUGINS} components={PARTS} skipHtml>
        {text}
      </Markdown>
    </article>
  );
}

const textOf = (node: ReactNode): string => (Array.isArray(node) ? node.map(textOf).join('') : typeof node === 'string' ? node : '');

export function Heading({ level: Tag, id, children }: { level: 'h2' | 'h3' | 'h4'; id: string | undefined; children: ReactNode }) {
  const { t } = useTranslation('help');
  return (
    <Tag id={id} tabIndex={-1}>
      {children}
      {id !== undefined && (
        <Link to={`#${id}`} className={styles.anchor} aria-label={t('anchor', { title: textOf(children) })}>
          <span aria-hidden="true">#</span>
        </Link>
      )}
    </Tag>
  );
}

const codeOf = (children: ReactNode) => (children as { props?: { className?: string; children?: string } } | undefined)?.props;

export function PlainBlock({ children }: ComponentProps<'pre'>) {
  const text = codeOf(children)?.children ?? '';
  return (
    <div className={styles.block}>
      <pre>{text}</pre>
      <CopyButton text={text} />
    </div>
  );
}

function Block({ children }: ComponentProps<'pre'>) {
  const code = codeOf(children);
  if (isExample(/language-(\S+)/.exec(code?.className ?? '')?.[1] ?? '')) return <ExampleBlock text={code?.children ?? ''} />;
  return <PlainBlock>{children}</PlainBlock>;
}

/** Leads out of the product: in a tab of its own, which learns nothing of this one. */
export function Outward({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}

export const isOutward = (href: string): boolean => /^(https?:\/\/|mailto:)/i.test(href);

export const TABLE: Components['table'] = ({ children }) => (
  <div className={styles.tableBox}>
    <table>{children}</table>
  </div>
);

const PARTS: Components = {
  // The page's title stands above it already.
  h1: () => null,
  h2: ({ id, children }) => <Heading level="h2" id={id}>{children}</Heading>,
  h3: ({ id, children }) => <Heading level="h3" id={id}>{children}</Heading>,
  pre: ({ children }) => <Block>{children}</Block>,
  a: ({ href = '', children }) => (isOutward(href) ? <Outward href={href}>{children}</Outward> : <Link to={href}>{children}</Link>),
  table: TABLE,
};
