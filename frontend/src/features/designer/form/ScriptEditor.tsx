import { autocompletion, type CompletionContext } from '@codemirror/autocomplete';
import { javascriptLanguage } from '@codemirror/lang-javascript';
import { type Diagnostic, linter } from '@codemirror/lint';
import { type Extension, StateEffect, type Text as Code } from '@codemirror/state';
import { type EditorView, ViewPlugin } from '@codemirror/view';
import { Button } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Fault, Text } from '~/shared/api/types';
import { CodeEditor } from '~/shared/ui/CodeEditor';
import { isObject, settingsOf } from '~/model/document';
import { flatten, shortText } from '~/model/sampleTree';
import { checkScript } from '../api';
import { useDesigner } from '../designer.store';
import { type NodeContext, useNodeContext } from '../nodeEditor/useNodeContext';
import styles from './Editors.module.css';
import { helpOf, membersOf } from './scriptHelp';

const START = 'function transform(doc, ctx) {\n  return doc;\n}\n';

/** A place in the code that something is wrong with, to the end of its line. */
export interface Wrong {
  line: number;
  column: number;
  message: string;
}

export function diagnosticOf(code: Code, { line: no, column, message }: Wrong): Diagnostic {
  const line = code.line(Math.max(1, Math.min(no, code.lines)));
  return { from: Math.min(line.to, line.from + Math.max(0, column - 1)), to: line.to, severity: 'error', message };
}

/** Where the script failed on the sample. */
export function failedAt(fault: Fault | undefined): Wrong | undefined {
  const [line, column] = [Number(fault?.args?.line), Number(fault?.args?.column)];
  return fault === undefined || !(line > 0 && column > 0) ? undefined : { line, column, message: fault.message };
}

/** The engine's own reading of the code: what a browser allows is not what runs. */
async function problemsOf(text: string): Promise<Wrong[]> {
  try {
    return await checkScript(text);
  } catch {
    return []; // Without the server the code is judged when the draft is saved.
  }
}

const again = StateEffect.define<null>();

/** What the editor knows of the node. */
export interface Known {
  fields: NodeContext['fields'];
  /** The names of the look-ups that the node declares. */
  lookups: string[];
  language: string;
  /** The words of a key. */
  say: (key: string) => string;
}

const said = (words: Text | undefined, language: string) => (language === 'en' ? words?.en : undefined) ?? words?.zh ?? '';

/** Completes doc.… from the fields that reach the node, ctx.… from what a script is offered, and the names of look-ups. */
export function complete(context: CompletionContext, { fields, lookups, language, say }: Known) {
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
    const options = membersOf(above).map((one) => ({ label: one.path.slice(one.path.lastIndexOf('.') + 1), detail: one.call?.replace(/^[^(]*/, '') ?? '', info: `${one.call === undefined ? '' : `${one.call}\n`}${say(helpOf(one))}`, type: one.call === undefined ? 'property' : 'function' }));
    return { from, options, validFor: /^[\w$]*$/ };
  }
  const options = flatten(fields)
    .filter((field) => field.path === (above === '' ? field.key : `${above}.${field.key}`))
    .map((field) => ({ label: field.key, detail: said(field.title, language), info: shortText(field.value), type: 'property' }));
  return { from, options, validFor: /^[\w$]*$/ };
}

/** The editor keeps its extensions for life; what they know changes with the sample. */
function makeExtensions() {
  let known: Known = { fields: [], lookups: [], language: 'zh-CN', say: (key) => key };
  let failed: { code: string; at: Wrong } | undefined;
  let shown: EditorView | undefined;
  const lint = async ({ state: { doc } }: EditorView): Promise<Diagnostic[]> => {
    if (doc.length === 0) return [];
    const text = doc.toString();
    const found = await problemsOf(text);
    // A failure was seen of the code as it was then: of other code it says nothing.
    if (found.length === 0 && failed?.code === text) found.push(failed.at);
    return found.map((one) => diagnosticOf(doc, one));
  };
  const extensions: Extension = [
    linter(lint, { delay: 400, needsRefresh: (update) => update.transactions.some(({ effects }) => effects.some((one) => one.is(again))) }),
    autocompletion({ icons: false }),
    javascriptLanguage.data.of({ autocomplete: (context: CompletionContext) => complete(context, known) }),
    ViewPlugin.define((view) => {
      shown = view;
      return { destroy: () => (shown = undefined) };
    }),
  ];
  return {
    extensions,
    know: (now: Known) => {
      known = now;
    },
    fail: (at: Wrong | undefined, code: string) => {
      if (failed === undefined && at === undefined) return;
      failed = at && { code, at };
      shown?.dispatch({ effects: again.of(null) });
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
  const fault = useDesigner((state) => state.test?.nodes.find((one) => one.id === id)?.fault);
  const [{ extensions, know, fail }] = useState(makeExtensions);
  const code = useRef(value);
  useEffect(() => {
    code.current = value;
  });
  useEffect(() => fail(failedAt(fault), code.current), [fail, fault]);
  useEffect(() => {
    const lookups = Array.isArray(declared) ? declared.flatMap((one) => (isObject(one) && typeof one.name === 'string' && one.name !== '' ? [one.name] : [])) : [];
    know({ fields, lookups, language: i18n.language, say: (key) => t(key) });
  }, [know, fields, declared, i18n.language, t]);
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
      {fault !== undefined && failedAt(fault) === undefined && (
        <p role="alert" className={styles.rowError}>
          {fault.message} {fault.hint}
        </p>
      )}
      <CodeEditor value={value} language="javascript" label={t('script.label')} extensions={extensions} height={420} {...(disabled ? {} : { onChange })} />
    </div>
  );
}
