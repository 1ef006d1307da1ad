import { CaretRightOutlined, CheckCircleFilled, CloseCircleFilled, DeleteOutlined, LoadingOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError, type ApiError } from '~/shared/api/errors';
import type { CaseResult, Json } from '~/shared/api/types';
import { Banner } from '~/shared/ui/Banner';
import { CodeEditor } from '~/shared/ui/CodeEditor';
import { isObject, type JsonObject } from '~/model/document';
import { declarationOf } from '~/model/graph';
import { formatJson, parseLossless } from '~/model/lossless';
import { addTest, changeTest, expectationOf, freshName, type NodeTest, removeTest, testsOf } from '~/model/tests';
import { change } from '../actions';
import { runTests } from '../api';
import { current, documentNow, useDesigner } from '../designer.store';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import styles from './TestsPanel.module.css';

/** What a run said, and of which nodes: once they change it says nothing any more. */
interface Ran {
  nodes: Json[];
  of: Map<JsonObject, CaseResult>;
}

/** The tests that the flow keeps of a node: listed, added from the sample, run, with what differs. */
export default function TestsPanel({ id }: { id: string }) {
  const { t } = useTranslation('designer');
  const doc = useDesigner((state) => state.history.present);
  const readOnly = useDesigner((state) => state.readOnly);
  const [ran, setRan] = useState<Ran>();
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<ApiError>();
  const tests = testsOf(doc, id);
  const results = ran?.nodes === doc.spec.nodes ? ran.of : undefined;
  const failed = tests.filter(({ test }) => results?.get(test)?.passed === false).length;
  const said = tests.filter(({ test }) => results?.has(test)).length;

  const run = async () => {
    const now = documentNow();
    const asked = testsOf(now, id);
    setRunning(true);
    setError(undefined);
    try {
      const answers = await runTests(current().flow.id, now, id);
      setRan({ nodes: now.spec.nodes, of: new Map(asked.flatMap(({ test }, i) => (answers[i] === undefined ? [] : [[test, answers[i]]]))) });
    } catch (trouble) {
      setError(asApiError(trouble));
    }
    setRunning(false);
  };

  return (
    <div className={styles.panel}>
      <div className={styles.tools}>
        <Button type="primary" icon={running ? <LoadingOutlined aria-hidden="true" /> : <CaretRightOutlined aria-hidden="true" />} disabled={tests.length === 0 || running} onClick={() => void run()}>
          {t('tests.run')}
        </Button>
        {!readOnly && <AddFromSample id={id} />}
        {said > 0 && (
          <span className={styles.sum} data-state={failed > 0 ? 'failed' : 'ok'} role="status">
            {failed > 0 ? t('tests.failed', { failed, of: said }) : t('tests.passed', { of: said })}
          </span>
        )}
      </div>
      {error !== undefined && (
        <Banner tone="err" title={error.message}>
          {error.hint}
        </Banner>
      )}
      {tests.length === 0 && <p className={styles.none}>{t('tests.none')}</p>}
      <ul className={styles.list}>
        {tests.map((one) => (
          <TestRow key={one.index} one={one} result={results?.get(one.test)} readOnly={readOnly} />
        ))}
      </ul>
    </div>
  );
}

/** Keeps the sample on the screen and what the node made of it. */
function AddFromSample({ id }: { id: string }) {
  const { t } = useTranslation('designer');
  const { input } = useNodeContext();
  const tested = useDesigner((state) => state.test?.nodes.find((one) => one.id === id));
  const declaration = useDesigner((state) => declarationOf(state.graph, id));
  const add = () => {
    if (!isObject(input)) return;
    const expect = tested === undefined ? { outputs: [] } : expectationOf(tested.outputs, tested.fault, declaration?.outputs?.[0]?.name ?? '');
    change(addTest(documentNow(), { name: freshName(documentNow(), t('tests.name')), node: id, input, expect }));
  };
  return (
    <Tooltip title={isObject(input) ? t('tests.addHelp') : t('tests.needsSample')}>
      <Button icon={<PlusOutlined aria-hidden="true" />} disabled={!isObject(input)} onClick={add}>
        {t('tests.add')}
      </Button>
    </Tooltip>
  );
}

function TestRow({ one: { index, test }, result, readOnly }: { one: NodeTest; result: CaseResult | undefined; readOnly: boolean }) {
  const { t } = useTranslation('designer');
  const [open, setOpen] = useState(false);
  const name = typeof test.name === 'string' ? test.name : '';
  const state = result === undefined ? 'open' : result.passed ? 'ok' : 'failed';
  return (
    <li className={styles.test} data-state={state}>
      <div className={styles.head}>
        <button type="button" className={styles.toggle} aria-expanded={open} aria-label={t('tests.show', { name })} onClick={() => setOpen(!open)}>
          <CaretRightOutlined rotate={open ? 90 : 0} aria-hidden="true" />
        </button>
        <span className={styles.mark} role="img" aria-label={t(`tests.state.${state}`)}>
          {state === 'ok' ? <CheckCircleFilled /> : state === 'failed' ? <CloseCircleFilled /> : <i className={styles.dot} />}
        </span>
        <input
          className={styles.name}
          value={name}
          readOnly={readOnly}
          spellCheck={false}
          aria-label={t('tests.nameLabel')}
          onChange={(event) => change(changeTest(documentNow(), index, { ...test, name: event.target.value }), `tests.${index}.name`)}
        />
        {!readOnly && <Button type="text" size="small" icon={<DeleteOutlined aria-hidden="true" />} aria-label={t('tests.remove', { name })} onClick={() => change(removeTest(documentNow(), index))} />}
      </div>
      {result !== undefined && !result.passed && <Findings result={result} test={test} index={index} readOnly={readOnly} />}
      {open && <TestBody test={test} index={index} readOnly={readOnly} />}
    </li>
  );
}

/** Why a test failed. */
function Findings({ result, test, index, readOnly }: { result: CaseResult; test: JsonObject; index: number; readOnly: boolean }) {
  const { t } = useTranslation('designer');
  const asked = result.asked ?? [];
  const answer = () => change(changeTest(documentNow(), index, { ...test, answers: [...(Array.isArray(test.answers) ? test.answers : []), ...(asked as unknown as Json[])] }));
  const take = () => result.got !== undefined && change(changeTest(documentNow(), index, { ...test, expect: withoutMessage(result.got as unknown as JsonObject) }));
  return (
    <div className={styles.findings}>
      {result.problem !== undefined && (
        <p role="alert">
          {result.problem.message} {result.problem.hint}
        </p>
      )}
      {asked.length > 0 && <pre className={styles.asked}>{asked.map((one) => formatJson(one as unknown as Json)).join('\n')}</pre>}
      {result.differences.length > 0 && (
        <table className={styles.diff}>
          <thead>
            <tr>
              <th scope="col">{t('tests.place')}</th>
              <th scope="col">{t('tests.want')}</th>
              <th scope="col">{t('tests.got')}</th>
            </tr>
          </thead>
          <tbody>
            {result.differences.map((one) => (
              <tr key={one.path}>
                <td>
                  <code>{one.path}</code>
                </td>
                <td data-side="want">{one.want === undefined ? t('tests.nothing') : <code>{formatJson(one.want)}</code>}</td>
                <td data-side="got">{one.got === undefined ? t('tests.nothing') : <code>{formatJson(one.got)}</code>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {!readOnly && asked.length > 0 && (
        <Button size="small" onClick={answer}>
          {t('tests.answer')}
        </Button>
      )}
      {!readOnly && result.differences.length > 0 && (
        <Button size="small" onClick={take}>
          {t('tests.take')}
        </Button>
      )}
    </div>
  );
}

function withoutMessage(expect: JsonObject): JsonObject {
  if (!isObject(expect.fault)) return expect;
  const { message: _, ...fault } = expect.fault;
  return { fault };
}

/** A test but for its name and node, as JSON. What is no JSON yet is not kept. */
function TestBody({ test, index, readOnly }: { test: JsonObject; index: number; readOnly: boolean }) {
  const { t } = useTranslation('designer');
  const { name, node, ...rest } = test;
  const [text, setText] = useState(() => formatJson(rest));
  const [kept, setKept] = useState(test);
  const [bad, setBad] = useState(false);
  if (kept !== test) {
    // Somebody else changed it: an undo, or what was found.
    setKept(test);
    setText(formatJson(rest));
    setBad(false);
  }
  const edit = (next: string) => {
    setText(next);
    try {
      const read = parseLossless(next);
      if (!isObject(read)) throw new Error('no object');
      const changed = { name: name as Json, node: node as Json, ...read };
      setBad(false);
      setKept(changed);
      change(changeTest(documentNow(), index, changed), `tests.${index}.body`);
    } catch {
      setBad(true);
    }
  };
  return (
    <div className={styles.body}>
      <CodeEditor value={text} language="json" label={t('tests.body')} height={260} {...(readOnly ? {} : { onChange: edit })} />
      {bad && (
        <p className={styles.bad} role="alert">
          {t('tests.notJson')}
        </p>
      )}
    </div>
  );
}
