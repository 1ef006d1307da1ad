import { CaretRightOutlined, CheckCircleFilled, CloseCircleFilled, DeleteOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { CaseResult, Json } from '~/shared/api/types';
import type { JsonObject } from '~/model/document';
import { formatJson } from '~/model/lossless';
import { changeTest, outputsExpected, withoutMessage } from '~/model/tests';
import { change } from '../actions';
import { documentNow } from '../designer.store';
import { TestBody } from './TestBody';
import styles from './TestsPanel.module.css';

interface Props {
  index: number;
  test: JsonObject;
  result: CaseResult | undefined;
  readOnly: boolean;
  open: boolean;
  onToggle: (open: boolean) => void;
  onRemove: () => void;
}

/** One test: its name, what a run said of it and, opened, what it holds. */
export function TestRow({ index, test, result, readOnly, open, onToggle, onRemove }: Props) {
  const { t } = useTranslation('designer');
  const name = typeof test.name === 'string' ? test.name : '';
  const state = result === undefined ? 'open' : result.passed ? 'ok' : 'failed';
  return (
    <li className={styles.test} data-state={state}>
      <div className={styles.head}>
        <button type="button" className={styles.toggle} data-toggle="" aria-expanded={open} aria-label={t('tests.show', { name })} onClick={() => onToggle(!open)}>
          <CaretRightOutlined rotate={open ? 90 : 0} aria-hidden="true" />
        </button>
        <span className={styles.mark} role="img" aria-label={t(`tests.state.${state}`)} title={t(`tests.state.${state}`)}>
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
        {!readOnly && <Button type="text" size="small" icon={<DeleteOutlined aria-hidden="true" />} aria-label={t('tests.remove', { name })} title={t('tests.remove', { name })} onClick={onRemove} />}
      </div>
      {result !== undefined && !result.passed && <Findings result={result} test={test} index={index} readOnly={readOnly} onOpen={() => onToggle(true)} />}
      {open && <TestBody test={test} index={index} readOnly={readOnly} />}
    </li>
  );
}

/** Of one document the path behind it says all. */
const ONLY = /^outputs\[0\]\.body\.?/;

/** Why a test failed, field by field. */
function Findings({ result, test, index, readOnly, onOpen }: { result: CaseResult; test: JsonObject; index: number; readOnly: boolean; onOpen: () => void }) {
  const { t } = useTranslation('designer');
  const asked = result.asked ?? [];
  const answer = () => {
    change(changeTest(documentNow(), index, { ...test, answers: [...(Array.isArray(test.answers) ? test.answers : []), ...(asked as unknown as Json[])] }));
    onOpen(); // what they find is still to be written
  };
  const take = () => result.got !== undefined && change(changeTest(documentNow(), index, { ...test, expect: withoutMessage(result.got) }));
  const single = outputsExpected(test) <= 1 && (result.got?.outputs?.length ?? 0) <= 1;
  const placed = (path: string) => (single ? path.replace(ONLY, '') : path) || t('tests.document');
  const failure = result.problem ?? result.fault;
  return (
    <div className={styles.findings}>
      {failure !== undefined && (
        <p role="alert">
          {failure.message} {failure.hint} <code>{failure.code}</code>
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
                <th scope="row" title={one.path}>
                  <code>{placed(one.path)}</code>
                </th>
                <Side side="want" value={one.want} />
                <Side side="got" value={one.path === 'fault' && one.got !== undefined ? result.got?.fault?.code : one.got} />
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

function Side({ side, value }: { side: 'want' | 'got'; value: Json | undefined }) {
  const { t } = useTranslation('designer');
  return <td data-side={side}>{value === undefined ? <i>{t('tests.nothing')}</i> : <code>{formatJson(value)}</code>}</td>;
}
