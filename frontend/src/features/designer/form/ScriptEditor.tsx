import { autocompletion, type CompletionContext } from '@codemirror/autocomplete';
import { javascriptLanguage } from '@codemirror/lang-javascript';
import { type Diagnostic, linter } from '@codemirror/lint';
import type { Extension } from '@codemirror/state';
import { Button } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Text } from '~/shared/api/types';
import { CodeEditor } from '~/shared/ui/CodeEditor';
import { isObject, settingsOf } from '~/model/document';
import { flatten, shortText } from '~/model/sampleTree';
import { checkScript } from '../api';
import { useDesigner } from '../designer.store';
import { type NodeContext, useNodeContext } from '../nodeEditor/useNodeContext';
import styles from './Editors.module.css';
import { membersOf } from './scriptHelp';

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

/** What completion knows of the node. */
export interface Known {
  fields: NodeContext['fields'];
  /** The names of the look-ups that the node declares. */
  lookups: string[];
  language: string;
}

const said = (words: Text | undefined, language: string) => (language === 'en' ? words?.en : undefined) ?? words?.zh ?? '';

/** Completes doc.… from the fields that reach the node, ctx.… from what a script is offered, and the names of look-ups. */
export function complete(context: CompletionContext, { fields, lookups, language }: Known) {
  const quoted = context.matchBefore(/\bctx\.lookup\(\s*["'][^"']*/);
  if (quoted !== null) {
    const from = quoted.from + quoted.text.search(/["']/) + 1;
    return { from, options: lookups.map((label) => ({ label, type: 'constant' })), validFor: /^[^"']*$/ };
  }
  const word = context.matchBefore(/\b(doc|ctx)(\.[\w$]*)+/);
  if (word === null) return null;
  const dot = word.text.lastIndexOf('.');
  const above = word.text.slice(4, dot);
  const from = word.from + dot + 1;
  if (word.text.startsWith('ctx')) {
    const options = membersOf(above).map((one) => ({ label: one.path.slice(one.path.lastIndexOf('.') + 1), detail: one.call?.replace(/^[^(]*/, '') ?? '', info: `${one.call === undefined ? '' : `${one.call}\n`}${said(one.help, language)}`, type: one.call === undefined ? 'property' : 'function' }));
    return { from, options, validFor: /^[\w$]*$/ };
  }
  const options = flatten(fields)
    .filter((field) => field.path === (above === '' ? field.key : `${above}.${field.key}`))
    .map((field) => ({ label: field.key, detail: said(field.title, language), info: shortText(field.value), type: 'property' }));
  return { from, options, validFor: /^[\w$]*$/ };
}

/** The editor keeps its extensions for life; what they know changes with the sample. */
function makeExtensions(): { extensions: Extension; know: (known: Known) => void } {
  let known: Known = { fields: [], lookups: [], language: 'zh-CN' };
  return {
    extensions: [serverLint, autocompletion({ icons: false }), javascriptLanguage.data.of({ autocomplete: (context: CompletionContext) => complete(context, known) })],
    know: (now) => {
      known = now;
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
  const { fields, id } = useNodeContext();
  const declared = useDesigner((state) => settingsOf(state.graph.nodes.get(id)).lookups);
  const [{ extensions, know }] = useState(makeExtensions);
  useEffect(() => {
    const lookups = Array.isArray(declared) ? declared.flatMap((one) => (isObject(one) && typeof one.name === 'string' && one.name !== '' ? [one.name] : [])) : [];
    know({ fields, lookups, language: i18n.language });
  }, [know, fields, declared, i18n.language]);
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
