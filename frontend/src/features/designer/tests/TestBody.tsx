import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Json } from '~/shared/api/types';
import { CodeEditor } from '~/shared/ui/CodeEditor';
import { isObject, type JsonObject } from '~/model/document';
import { formatJson, parseLossless } from '~/model/lossless';
import { changeTest, partsOf, withParts } from '~/model/tests';
import { change } from '../actions';
import { documentNow } from '../designer.store';
import styles from './TestsPanel.module.css';

const LINE = 21;

/** What a test holds: the record, what is expected, and the rest, which most tests have none of. */
export function TestBody({ test, index, readOnly }: { test: JsonObject; index: number; readOnly: boolean }) {
  const { t } = useTranslation('designer');
  const parts = partsOf(test);
  const some = Object.keys(parts.rest).length > 0;
  const [more, setMore] = useState(some);
  if (some && !more) setMore(true); // it stays while the last of it is taken away
  const put = (key: keyof typeof parts) => (value: JsonObject) => change(changeTest(documentNow(), index, withParts(test, { ...parts, [key]: value })), `tests.${index}.${key}`);
  return (
    <div className={styles.body}>
      <Part label={t('tests.input')} value={parts.input} readOnly={readOnly} onChange={put('input')} />
      <Part label={t('tests.expect')} help={t('tests.expectHelp')} value={parts.expect} readOnly={readOnly} onChange={put('expect')} />
      {more ? (
        <Part label={t('tests.rest')} help={t('tests.restHelp')} value={parts.rest} readOnly={readOnly} onChange={put('rest')} />
      ) : (
        !readOnly && (
          <Button type="link" size="small" onClick={() => setMore(true)}>
            {t('tests.more')}
          </Button>
        )
      )}
    </div>
  );
}

/** A part of a test as JSON. What is no object yet is not kept. */
function Part({ label, help, value, readOnly, onChange }: { label: string; help?: string; value: Json; readOnly: boolean; onChange: (value: JsonObject) => void }) {
  const { t } = useTranslation('designer');
  const wanted = formatJson(value);
  const [text, setText] = useState(wanted);
  const [kept, setKept] = useState(wanted);
  const [bad, setBad] = useState(false);
  if (kept !== wanted) {
    // Somebody else changed it: an undo, or what was found.
    setKept(wanted);
    setText(wanted);
    setBad(false);
  }
  const edit = (next: string) => {
    setText(next);
    let read: unknown;
    try {
      read = parseLossless(next);
    } catch {
      read = undefined;
    }
    setBad(!isObject(read));
    if (!isObject(read)) return;
    setKept(formatJson(read));
    onChange(read);
  };
  return (
    <div className={styles.part}>
      <h3>{label}</h3>
      {help !== undefined && <p>{help}</p>}
      <CodeEditor value={text} language="json" label={label} height={Math.min(266, Math.max(3, text.split('\n').length) * LINE + 14)} {...(readOnly ? {} : { onChange: edit })} />
      {bad && (
        <p className={styles.bad} role="alert">
          {t('tests.notJson')}
        </p>
      )}
    </div>
  );
}
