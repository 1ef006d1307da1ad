import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { AutoComplete, Button } from 'antd';
import { type ClipboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useText } from '~/shared/i18n/useText';
import type { Field, Json } from '~/shared/api/types';
import { declarationOf } from '~/model/graph';
import { type Line, mappingLines, setRow } from '~/model/mapping';
import { matches } from '~/model/pinyin';
import { type PastedParams, pasteParams } from '~/model/place';
import { isTable, readTable } from '~/model/tsv';
import { apart } from '../actions';
import { KeepForm } from '../derived/KeepForm';
import { useDesigner } from '../designer.store';
import { filledIn, formChoices } from '~/model/fields';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import { ExpressionInput } from './ExpressionInput';
import styles from './Editors.module.css';
import { enumOf, useOther, ValueChoice } from './ValueChoice';

interface Props {
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
  disabled: boolean;
  errors: Record<string, string>;
  path: string;
}

/** Request parameters: those that have a value or need one, the others to be added by name. */
export function ParamsEditor({ value, onChange, disabled, errors, path }: Props) {
  const { t } = useTranslation('designer');
  const text = useText();
  const other = useOther();
  const { id, request, operation, formFault, toldForm } = useNodeContext();
  const sink = useDesigner((state) => declarationOf(state.graph, id)?.kind === 'sink');
  const [adding, setAdding] = useState('');
  const [pasted, setPasted] = useState<PastedParams>();
  const [shown, setShown] = useState<ReadonlySet<string>>(new Set());
  // What a mapping fills is not asked for again beside it.
  const declared: Field[] = sink ? request.filter((field) => field.group === 'other') : request;
  const auto = filledIn(operation);
  const lines = mappingLines(value, declared);
  const visible = lines.filter((line) => line.row !== undefined || (line.required && line.declared?.default === undefined && !auto.has(line.field)) || shown.has(line.field));
  const hidden = lines.filter((line) => !visible.includes(line));
  const rowAt = (line: Line) => (Array.isArray(value) && line.row !== undefined ? value.indexOf(line.row) : -1);
  const put = (line: Line, text: string) => onChange(setRow(value, line.path, declared, { value: text }));
  const drop = (line: Line) => onChange(Array.isArray(value) ? value.toSpliced(rowAt(line), 1) : undefined);
  const show = (name: string) => {
    const wanted = name.trim();
    if (wanted === '') return;
    setAdding('');
    if (lines.some((line) => line.field === wanted)) setShown(new Set([...shown, wanted]));
    else onChange([...(Array.isArray(value) ? value : []), { field: wanted, value: '' }]);
  };

  const paste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text/plain');
    if (disabled || !isTable(text)) return;
    event.preventDefault();
    const result = pasteParams(value, declared, auto, readTable(text));
    setPasted(result);
    if (result.taken === 0) return;
    apart();
    onChange(result.rows);
    apart();
  };

  return (
    <div className={styles.params} onPaste={paste}>
      {pasted !== undefined && (
        <p role="status" className={styles.pasted}>
          {t('params.pasted', { n: pasted.taken })} {pasted.left.length > 0 && t('params.left', { list: pasted.left.join(', ') })}
        </p>
      )}
      {visible.map((line) => {
        const error = errors[`${path}[${rowAt(line)}].value`] ?? errors[`${path}[${rowAt(line)}].field`] ?? errors[`${path}[${rowAt(line)}]`];
        const forms = formChoices(operation, line.field);
        const values = enumOf(line.declared, line.value);
        const choices = forms.length > 0 ? forms : values;
        return (
          <div key={line.id} className={styles.param}>
            <span className={styles.paramName} title={text(line.declared?.describe)}>
              <code>{line.field}</code>
              {line.required && <i className={styles.star}>*</i>}
              <small>{text(line.title)}</small>
            </span>
            {choices.length > 0 ? (
              <ValueChoice
                label={line.field} value={line.value} choices={choices} disabled={disabled} invalid={error !== undefined} placeholder={forms.length > 0 ? t('params.pickForm') : (line.declared?.default ?? t('params.pickValue'))}
                other={forms.length > 0 ? (typed) => t('params.otherForm', { id: typed }) : other} onChange={(next) => put(line, next)}
              />
            ) : (
              <ExpressionInput value={line.value} label={line.field} disabled={disabled} invalid={error !== undefined} placeholder={line.declared?.default ?? (auto.has(line.field) ? t('params.auto') : undefined)} onChange={(next) => put(line, next)} />
            )}
            <Button type="text" size="small" icon={<DeleteOutlined aria-hidden="true" />} disabled={disabled || line.row === undefined} aria-label={t('params.remove', { name: line.field })} onClick={() => drop(line)} />
            {error !== undefined && <p className={styles.rowError}>{error}</p>}
            {error === undefined && formFault !== undefined && line.field === operation?.form && <p className={styles.rowError}>{t('params.formUntold', { message: formFault })}</p>}
            {toldForm !== undefined && toldForm === line.value.trim() && line.field === operation?.form && !disabled && <KeepForm node={id} operation={operation.name} form={toldForm} />}
          </div>
        );
      })}
      <div className={styles.addParam}>
        <AutoComplete
          value={adding}
          disabled={disabled}
          placeholder={t('params.add')}
          aria-label={t('params.add')}
          options={hidden.filter((line) => matches(adding, line.field, line.title?.zh, line.title?.en)).map((line) => ({ value: line.field, label: `${line.field}  ${text(line.title)}` }))}
          onChange={setAdding}
          onSelect={(name: string) => show(name)}
          onKeyDown={(event) => event.key === 'Enter' && !event.nativeEvent.isComposing && show(adding)}
        />
        <Button icon={<PlusOutlined aria-hidden="true" />} disabled={disabled || adding.trim() === ''} onClick={() => show(adding)}>
          {t('params.addButton')}
        </Button>
        {hidden.length > 0 && <small>{t('params.more', { n: hidden.length })}</small>}
      </div>
    </div>
  );
}
