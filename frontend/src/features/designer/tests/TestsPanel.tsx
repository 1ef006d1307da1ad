import { CaretRightOutlined, LoadingOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Banner } from '~/shared/ui/Banner';
import { isObject } from '~/model/document';
import { declarationOf } from '~/model/graph';
import { addTest, changeTest, expectationOf, freshName, removeTest, testsOf, withoutMessage } from '~/model/tests';
import { change } from '../actions';
import { documentNow, useDesigner } from '../designer.store';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import { TestRow } from './TestRow';
import styles from './TestsPanel.module.css';
import type { TestRun } from './useTestRun';

/** The tests that the flow keeps of a node: listed, added from the sample, run, with what differs. */
export default function TestsPanel({ id, of: { results, failed, running, error, run } }: { id: string; of: TestRun }) {
  const { t } = useTranslation('designer');
  const doc = useDesigner((state) => state.history.present);
  const readOnly = useDesigner((state) => state.readOnly);
  const tests = testsOf(doc, id);
  const said = tests.filter(({ test }) => results.has(test)).length;
  const { isOpen, toggle, added, removed } = useOpen(tests.map(({ index }) => index));
  const panel = useRef<HTMLDivElement>(null);

  const remove = (index: number) => {
    const at = tests.findIndex((one) => one.index === index);
    removed(index);
    change(removeTest(documentNow(), index));
    // What had the focus is gone: it goes to the test that took its place, or to what adds one.
    requestAnimationFrame(() => {
      const rows = panel.current?.querySelectorAll<HTMLElement>('[data-toggle]');
      (rows?.[Math.min(at, rows.length - 1)] ?? panel.current?.querySelector<HTMLElement>('[data-add]'))?.focus();
    });
  };

  return (
    <div className={styles.panel} ref={panel}>
      <div className={styles.tools}>
        <Tooltip title={t('tests.runHelp')}>
          <Button type="primary" icon={running ? <LoadingOutlined aria-hidden="true" /> : <CaretRightOutlined aria-hidden="true" />} disabled={tests.length === 0 || running} onClick={() => void run()}>
            {t('tests.run')}
          </Button>
        </Tooltip>
        {!readOnly && <Add id={id} run={run} onAdded={added} />}
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
        {tests.map(({ index, test }) => (
          <TestRow key={index} index={index} test={test} result={results.get(test)} readOnly={readOnly} open={isOpen(index)} onToggle={(open) => toggle(index, open)} onRemove={() => remove(index)} />
        ))}
      </ul>
    </div>
  );
}

/** Which tests are open, by their places. A change from elsewhere, an undo for one, may have moved them: then none is. */
function useOpen(places: number[]) {
  const shape = places.join();
  const [open, setOpen] = useState({ shape, at: new Set<number>() });
  const now = open.shape === shape ? open.at : new Set<number>();
  const keep = (at: Iterable<number>, of: number[]) => setOpen({ shape: of.join(), at: new Set(at) });
  return {
    isOpen: (index: number) => now.has(index),
    toggle: (index: number, wanted: boolean) => keep([...now].filter((one) => one !== index).concat(wanted ? [index] : []), places),
    added: (index: number, wanted: boolean) => keep(wanted ? [...now, index] : now, [...places, index]),
    removed: (index: number) => {
      const down = (all: Iterable<number>) => [...all].filter((one) => one !== index).map((one) => (one > index ? one - 1 : one));
      keep(down(now), down(places));
    },
  };
}

/** Keeps the sample on the screen and what the node made of it; without a sample, a record that is still to be written. */
function Add({ id, run, onAdded }: { id: string; run: TestRun['run']; onAdded: (index: number, open: boolean) => void }) {
  const { t } = useTranslation('designer');
  const { input } = useNodeContext();
  const tested = useDesigner((state) => state.test?.nodes.find((one) => one.id === id));
  const declaration = useDesigner((state) => declarationOf(state.graph, id));
  const sampled = isObject(input);
  const add = async () => {
    const expect = sampled && tested !== undefined ? expectationOf(tested.outputs, tested.fault, declaration?.outputs?.[0]?.name ?? '') : { outputs: [] };
    const test = { name: freshName(documentNow(), t('tests.name')), node: id, input: sampled ? input : {}, expect };
    const next = addTest(documentNow(), test);
    const index = testsOf(next, id).at(-1)?.index ?? 0;
    onAdded(index, !sampled);
    change(next);
    if (!sampled) return;
    const got = (await run()).get(test)?.got;
    // Nothing was known of the node yet: what came of it just now is what will be expected.
    if (tested === undefined && got !== undefined && testsOf(documentNow(), id).at(-1)?.test === test) {
      change(changeTest(documentNow(), index, { ...test, expect: withoutMessage(got) }));
      await run();
    }
  };
  return (
    <Tooltip title={t(sampled ? 'tests.addHelp' : 'tests.addEmptyHelp')}>
      <Button data-add="" icon={<PlusOutlined aria-hidden="true" />} onClick={() => void add()}>
        {t(sampled ? 'tests.add' : 'tests.addEmpty')}
      </Button>
    </Tooltip>
  );
}
