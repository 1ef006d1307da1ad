import { AimOutlined, CloseOutlined, ExperimentOutlined, LeftOutlined, LoadingOutlined, RightOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import { type CSSProperties, lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useText } from '~/shared/i18n/useText';
import { HelpLink } from '~/shared/ui/HelpLink';
import { nodePage } from '~/shared/ui/nodePage';
import { PageSkeleton } from '~/shared/ui/PageSkeleton';
import { Tabs } from '~/shared/ui/Tabs';
import { neighbours } from '~/model/graph';
import { setTitle } from '~/model/document';
import { testsOf } from '~/model/tests';
import { change } from '../actions';
import { NodeIcon } from '../canvas/NodeIcon';
import { useNodeFacts } from '../canvas/useNodeFacts';
import { documentNow, useDesigner } from '../designer.store';
import { NodeForm } from '../form/NodeForm';
import { setInsertTarget } from '../form/insertTarget';
import { nameOf } from '../useRefusalText';
import { InputPane } from './InputPane';
import styles from './NodeEditor.module.css';
import { OutputPane } from './OutputPane';
import { Divider, usePaneWidths } from './Panes';
import { type TestRun, useTestRun } from '../tests/useTestRun';
import { NodeContextValue, useMakeNodeContext } from './useNodeContext';
import type { Scope } from './UpToHere';
import { useLiveTest } from './useTest';

const UpToHere = lazy(() => import('./UpToHere'));
const TestsPanel = lazy(() => import('../tests/TestsPanel'));

interface Props {
  id: string;
  /** Path of the member to bring into sight. */
  field: string | undefined;
  onClose: () => void;
  onGo: (id: string) => void;
}

/** The sheet over the canvas: what comes in, what the node does, what comes out. */
export default function NodeEditor({ id, field, onClose, onGo }: Props) {
  const { t } = useTranslation('designer');
  const sheet = useRef<HTMLElement>(null);
  const { declaration } = useNodeFacts(id);
  const text = useText();
  const context = useMakeNodeContext(id);
  const { widths, drag } = usePaneWidths(declaration?.settings.some((setting) => setting.kind === 'mapping') === true);
  const hasSample = useDesigner((state) => context.source !== undefined && state.samples[context.source] !== undefined);
  const testing = useDesigner((state) => state.testing);
  const test = useLiveTest(context.source);
  const tested = declaration?.kind === 'transform';
  const [tab, setTab] = useState('form');
  const [trying, setTrying] = useState<Scope>();
  const tests = useTestRun(id);
  const go = useRef<() => void>(undefined);
  useEffect(() => {
    go.current = tested && tab === 'tests' ? () => void tests.run() : test;
  });

  useEffect(() => {
    setInsertTarget(undefined);
    if (field === undefined) sheet.current?.focus();
    const onKey = (event: KeyboardEvent) => {
      if (event.isComposing || event.defaultPrevented) return;
      if (event.key === 'Escape' && document.querySelector('dialog[open], .ant-modal-wrap:not([style*="display: none"]), .ant-select-dropdown:not(.ant-select-dropdown-hidden)') === null) onClose();
    };
    // Before an editor of code takes it for a new line.
    const onTest = (event: KeyboardEvent) => {
      if (event.isComposing || event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      go.current?.();
    };
    document.addEventListener('keydown', onKey);
    document.addEventListener('keydown', onTest, true);
    return () => {
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('keydown', onTest, true);
    };
  }, [onClose, field]);

  return (
    <NodeContextValue value={context}>
      <section ref={sheet} className={styles.sheet} tabIndex={-1} aria-label={t('editor.label')}>
        <header className={styles.head}>
          <Walk id={id} onGo={onGo} side="previous" />
          <span className={styles.tile} data-kind={declaration?.category}>
            <NodeIcon name={declaration?.icon} size={20} />
          </span>
          <TitleInput id={id} focus={field === 'title'} />
          <code className={styles.id}>{id}</code>
          {declaration !== undefined && <HelpLink to={nodePage(declaration.type)} title={text(declaration.title)} />}
          <Walk id={id} onGo={onGo} side="next" />
          <span className={styles.push} />
          <Tooltip title={hasSample ? t('editor.testHelp') : t('editor.sampleFirst')}>
            <Button icon={testing ? <LoadingOutlined aria-hidden="true" /> : <ExperimentOutlined aria-hidden="true" />} disabled={!hasSample} onClick={test}>
              {t('editor.test')}
            </Button>
          </Tooltip>
          {context.source !== undefined && (
            <>
              <Button icon={<AimOutlined aria-hidden="true" />} disabled={!hasSample} onClick={() => setTrying('here')}>
                {t('upTo.button')}
              </Button>
              {trying !== undefined && (
                <Suspense fallback={null}>
                  <UpToHere id={id} source={context.source} input={context.input} scope={trying} onClose={() => setTrying(undefined)} />
                </Suspense>
              )}
            </>
          )}
          <Button type="text" icon={<CloseOutlined aria-hidden="true" />} aria-label={t('editor.close')} title={`${t('editor.close')} (Esc)`} onClick={onClose} />
        </header>
        <div className={styles.panes} style={{ '--left': `${widths.left}px`, '--right': `${widths.right}px` } as CSSProperties}>
          <div className={styles.pane} data-coach="mapping-source">
            <InputPane />
          </div>
          <Divider label={t('editor.resizeInput')} value={widths.left} onDrag={(by) => drag('left', by)} />
          <div className={styles.middle}>
            <Middle id={id} field={field} tests={tested ? tests : undefined} tab={tab} onTab={setTab} />
          </div>
          <Divider label={t('editor.resizeOutput')} value={widths.right} onDrag={(by) => drag('right', -by)} />
          <div className={styles.pane} data-coach="mapping-output">
            <OutputPane />
          </div>
        </div>
      </section>
    </NodeContextValue>
  );
}

/** The node's settings and, of a node that changes documents, its tests. */
function Middle({ id, field, tests, tab, onTab }: { id: string; field: string | undefined; tests: TestRun | undefined; tab: string; onTab: (tab: string) => void }) {
  const { t } = useTranslation('designer');
  const count = useDesigner((state) => testsOf(state.history.present, id).length);
  const form = <NodeForm id={id} field={field} />;
  if (tests === undefined) {
    return (
      <>
        <h2 className={styles.paneTitle}>{t('editor.parameters')}</h2>
        <div className={styles.scroll}>{form}</div>
      </>
    );
  }
  const tabs = [
    { key: 'form', label: t('editor.parameters'), content: form },
    {
      key: 'tests', label: <span data-failed={tests.failed > 0 || undefined}>{count > 0 ? t('tests.tabOf', { count }) : t('tests.tab')}</span>,
      content: (
        <Suspense fallback={<PageSkeleton rows={6} />}>
          <TestsPanel id={id} of={tests} />
        </Suspense>
      ),
    },
  ];
  return (
    <div className={styles.scroll} data-tabs="">
      <Tabs label={t('editor.parts')} tabs={tabs} active={tab} onChange={onTab} />
    </div>
  );
}

function TitleInput({ id, focus }: { id: string; focus: boolean }) {
  const { t, i18n } = useTranslation('designer');
  const own = useDesigner((state) => state.graph.nodes.get(id)?.title ?? '');
  const readOnly = useDesigner((state) => state.readOnly);
  return (
    <input
      className={styles.title}
      value={own}
      placeholder={nameOf(id, i18n.language)}
      aria-label={t('editor.title')}
      readOnly={readOnly}
      autoFocus={focus}
      spellCheck={false}
      onFocus={(event) => focus && event.target.select()}
      onChange={(event) => change(setTitle(documentNow(), id, event.target.value), `${id}.title`)}
    />
  );
}

function Walk({ id, side, onGo }: { id: string; side: 'previous' | 'next'; onGo: (id: string) => void }) {
  const { t, i18n } = useTranslation('designer');
  const to = useDesigner((state) => neighbours(state.graph, id)[side]);
  const name = to === undefined ? '' : nameOf(to, i18n.language);
  return (
    <Button type="text" size="small" className={styles.walk} disabled={to === undefined} aria-label={t(`editor.${side}`, { name })} onClick={() => to !== undefined && onGo(to)}>
      {side === 'previous' && <LeftOutlined aria-hidden="true" />}
      <span>{name}</span>
      {side === 'next' && <RightOutlined aria-hidden="true" />}
    </Button>
  );
}
