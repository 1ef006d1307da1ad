import { autocompletion, type CompletionContext } from '@codemirror/autocomplete';
import { javascriptLanguage } from '@codemirror/lang-javascript';
import { type Diagnostic, linter } from '@codemirror/lint';
import type { Extension } from '@codemirror/state';
import { Button } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CodeEditor } from '~/shared/ui/CodeEditor';
import { flatten, shortText } from '~/model/sampleTree';
import { checkScript } from '../api';
import { type NodeContext, useNodeContext } from '../nodeEditor/useNodeContext';
import styles from './Editors.module.css';

const START = 'function transform(doc, ctx) {\n  return doc;\n}\n';

/** The engine's own reading of the code: what a browser allows is not what runs. */
const serverLint = linter(async (view): Promise<Diagnostic[]> => {
  const { doc } = view.state;
  if (doc.length === 0) return [];
  try {
    return (await checkScript(doc.toString())).map((problem) => {
      const line = doc.line(Math.max(1, Math.min(problem.line, doc.lines)));
      const from = Math.min(line.to, line.from + Math.max(0, problem.column - 1));
      return { from, to: line.to, severity: 'error', message: problem.message };
    });
  } catch {
    return []; // Without the server the code is judged when the draft is saved.
  }
}, { delay: 400 });

/** Completes doc.… from the fields that reach the node. */
function complete(context: CompletionContext, fields: NodeContext['fields'], language: string) {
  const word = context.matchBefore(/\bdoc(\.[\w$]*)+/);
  if (word === null) return null;
  const dot = word.text.lastIndexOf('.');
  const above = word.text.slice(4, dot);
  const options = flatten(fields)
    .filter((field) => field.path === (above === '' ? field.key : `${above}.${field.key}`))
    .map((field) => ({ label: field.key, detail: (language === 'en' ? field.title?.en : undefined) ?? field.title?.zh ?? '', info: shortText(field.value), type: 'property' }));
  return { from: word.from + dot + 1, options, validFor: /^[\w$]*$/ };
}

/** The editor keeps its extensions for life; what they know changes with the sample. */
function makeExtensions(): { extensions: Extension; know: (fields: NodeContext['fields'], language: string) => void } {
  let known: { fields: NodeContext['fields']; language: string } = { fields: [], language: 'zh-CN' };
  return {
    extensions: [serverLint, autocompletion({ icons: false }), javascriptLanguage.data.of({ autocomplete: (context: CompletionContext) => complete(context, known.fields, known.language) })],
    know: (fields, language) => {
      known = { fields, language };
    },
  };
}

interface Props {
  value: string;
  onChange: (value: string) => void;
  disabled: boolean;
}

export default function ScriptEditor({ value, onChange, disabled }: Props) {
  const { t, i18n } = useTranslation('designer');
  const { fields } = useNodeContext();
  const [{ extensions, know }] = useState(makeExtensions);
  useEffect(() => know(fields, i18n.language), [know, fields, i18n.language]);
  return (
    <div className={styles.script}>
      <div className={styles.scriptTools}>
        <code>function transform(doc, ctx)</code>
        <span>{t('script.help')}</span>
        {value.trim() === '' && !disabled && (
          <Button size="small" onClick={() => onChange(START)}>
            {t('script.start')}
          </Button>
        )}
      </div>
      <CodeEditor value={value} language="javascript" label={t('script.label')} extensions={extensions} height={420} {...(disabled ? {} : { onChange })} />
    </div>
  );
}
