import { type ComponentProps, type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import Markdown, { type Components } from 'react-markdown';
import { Link } from 'react-router';
import remarkGfm from 'remark-gfm';
import styles from '../Help.module.css';
import { anchors } from '../model/anchors';
import { isExample } from '../model/example';
import { CopyButton } from './CopyButton';
import { ExampleBlock } from './ExampleBlock';

const PLUGINS = [remarkGfm, anchors];

/** A page. What is no Markdown in it, HTML above all, is left out. */
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

function Heading({ level: Tag, id, children }: { level: 'h2' | 'h3'; id: string | undefined; children: ReactNode }) {
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

function Block({ children }: ComponentProps<'pre'>) {
  const code = (children as { props?: { className?: string; children?: string } } | undefined)?.props;
  const kind = /language-(\S+)/.exec(code?.className ?? '')?.[1] ?? '';
  const text = code?.children ?? '';
  if (isExample(kind)) return <ExampleBlock text={text} />;
  return (
    <div className={styles.block}>
      <pre>{text}</pre>
      <CopyButton text={text} />
    </div>
  );
}

const PARTS: Components = {
  // The page's title stands above it already.
  h1: () => null,
  h2: ({ id, children }) => <Heading level="h2" id={id}>{children}</Heading>,
  h3: ({ id, children }) => <Heading level="h3" id={id}>{children}</Heading>,
  pre: ({ children }) => <Block>{children}</Block>,
  a: ({ href = '', children }) => <Link to={href}>{children}</Link>,
  table: ({ children }) => (
    <div className={styles.tableBox}>
      <table>{children}</table>
    </div>
  ),
};
