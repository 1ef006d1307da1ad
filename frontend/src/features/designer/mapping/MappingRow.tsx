import { CaretDownOutlined, CaretRightOutlined, CheckOutlined, CloseOutlined, DownOutlined, EllipsisOutlined } from '@ant-design/icons';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { useText } from '~/shared/i18n/useText';
import { Menu } from '~/shared/ui/Menu';
import { SURE, type Suggestion } from '~/model/automatch';
import type { Lost } from '~/model/drift';
import type { Json } from '~/shared/api/types';
import { type Line, lineMode } from '~/model/mapping';
import { shortText, unwrapped } from '~/model/sampleTree';
import { ExpressionInput } from '../form/ExpressionInput';
import { enumOf } from '../form/ValueChoice';
import { TableChip } from './TableChip';
import styles from './Mapping.module.css';

interface Props {
  line: Line;
  index: number;
  error: string | undefined;
  /** A value is needed and there is none. */
  missing: boolean;
  /** Paths that the value reads and no sample has. */
  lost: readonly Lost[] | undefined;
  offers: Suggestion[] | undefined;
  folded: boolean;
  chosen: boolean;
  /** The one row that Tab comes to; arrows lead to the others. */
  stop: boolean;
  disabled: boolean;
  /** What the test made of the field. */
  made: Json | undefined;
  /** Stays the same object between draws. */
  on: RowActions;
}

/** What can be done to a row. */
export interface RowActions {
  fold: (line: Line) => void;
  choose: (line: Line, range: boolean) => void;
  value: (line: Line, value: string) => void;
  take: (line: Line, suggestion: Suggestion) => void;
  table: (line: Line, name: string) => void;
  edit: (line: Line) => void;
}

/** Lines are made anew with every change; most of them say what they said before. */
const sameLine = (a: Line, b: Line): boolean =>
  a === b || (a.id === b.id && a.row === b.row && a.declared === b.declared && a.scope === b.scope && a.type === b.type && a.value === b.value && a.required === b.required && a.children.length === b.children.length);
const sameRow = ({ line, ...rest }: Props, { line: next, ...others }: Props): boolean => sameLine(line, next) && Object.entries(rest).every(([key, value]) => others[key as keyof typeof others] === value);

/** What a row may say besides its value. */
const SAYS = ['table', 'onMiss', 'onMany', 'omitEmpty', 'required'];

/** One field of the target. */
export const MappingRow = memo(function MappingRow({ line, index, error, missing, lost, offers, folded, chosen, stop, disabled, made, on }: Props) {
  const { t } = useTranslation('designer');
  const text = useText();
  const mode = lineMode(line);
  const best = offers?.[0];
  const offer = best !== undefined && best.score >= SURE ? best : undefined;
  const values = enumOf(line.declared, line.value);
  const folder = line.children.length > 0;
  const result = line.declared?.parser === undefined ? made : unwrapped(made);
  const title = text(line.title);
  const describe = text(line.declared?.describe);
  const gone = lost?.map((one) => t(one.declared ? 'mapping.lostDeclared' : 'mapping.lost', { name: one.path })).join(' ');
  const value = line.declared?.parser === undefined ? '' : `${line.declared.parser.name}(${(line.declared.parser.params ?? []).join(', ')})`;
  return (
    <div role="row" aria-level={line.depth + 1} aria-rowindex={index + 1} aria-expanded={folder ? !folded : undefined} aria-selected={chosen} tabIndex={stop ? 0 : -1} className={styles.row} data-missing={missing} data-wrong={error !== undefined} data-offer={offer !== undefined} data-folder={folder} data-chosen={chosen}>
      <span role="rowheader" className={styles.name} style={{ paddingLeft: line.depth * 18 }} title={[line.id, title, describe, value].filter(Boolean).join('\n')}>
        <input type="checkbox" tabIndex={-1} className={styles.check} checked={chosen} aria-label={t('mapping.choose', { name: line.id })} onChange={(event) => on.choose(line, (event.nativeEvent as MouseEvent).shiftKey === true)} />
        {folder ? (
          <button type="button" tabIndex={-1} className={styles.fold} aria-label={t(folded ? 'input.unfold' : 'input.fold', { name: line.field })} onClick={() => on.fold(line)}>
            {folded ? <CaretRightOutlined /> : <CaretDownOutlined />}
          </button>
        ) : (
          <span className={styles.fold} />
        )}
        <code data-extra={line.extra}>{line.field}</code>
        {line.required && (
          <i className={styles.star} title={t('mapping.required')}>
            *
          </i>
        )}
        <span className={styles.title}>{title}</span>
        <span className={styles.type}>{t(`type.${line.type}`, { defaultValue: line.type })}</span>
      </span>
      <span role="gridcell" className={styles.mode} data-mode={mode}>
        {mode !== 'empty' && t(`mapping.modes.${mode}`)}
      </span>
      <span role="gridcell" className={styles.cell} data-lost={gone !== undefined} data-offer={offer !== undefined} title={gone}>
        <ExpressionInput
          compact
          value={line.value}
          label={t('mapping.valueOf', { name: title === '' ? line.field : `${line.field} ${title}` })}
          disabled={disabled || line.type === 'object'}
          invalid={error !== undefined}
          scope={line.scope}
          {...(line.type === 'array' ? { names: 'array' as const } : {})}
          placeholder={offer?.value ?? line.declared?.default ?? (line.type === 'array' ? t('mapping.arrayHint') : missing ? t('mapping.missing') : undefined)}
          onChange={(value) => on.value(line, value)}
        />
        {offer !== undefined && (
          <button type="button" tabIndex={-1} className={styles.take} title={t('mapping.take', { value: offer.value })} aria-label={t('mapping.take', { value: offer.value })} onClick={() => on.take(line, offer)}>
            <CheckOutlined />
          </button>
        )}
        {offer === undefined && offers !== undefined && offers.length > 0 && (
          <Menu label={t('mapping.maybe', { n: offers.length })} button="?" className={styles.maybe ?? ''} items={offers.map((one) => ({ key: one.value, label: `${one.value} ${text(one.source.title)}`, onSelect: () => on.take(line, one) }))} />
        )}
        {values.length > 0 && !disabled && (
          <Menu label={t('mapping.constantOf', { name: line.field })} button={<DownOutlined />} className={styles.maybe ?? ''} items={values.map((one) => ({ key: one.value, label: `${text(one.title)} ${one.value}`, checked: one.value === line.value, onSelect: () => on.value(line, one.value) }))} />
        )}
        {line.value !== '' && !disabled && (
          <button type="button" tabIndex={-1} className={styles.clear} aria-label={t('mapping.clear', { name: line.field })} onClick={() => on.value(line, '')}>
            <CloseOutlined />
          </button>
        )}
        {!disabled && mode === 'field' && line.declared?.baseData !== undefined && line.row?.table === undefined && <TableChip line={line} onPick={(name) => on.table(line, name)} />}
        {line.children.length === 0 && line.type !== 'object' && (
          <button type="button" tabIndex={-1} className={styles.ellipsis} data-says={SAYS.some((member) => line.row?.[member] !== undefined)} aria-haspopup="dialog" aria-label={t('mapping.more', { name: line.field })} title={t('mapping.moreKey')} onClick={() => on.edit(line)}>
            <EllipsisOutlined aria-hidden="true" />
          </button>
        )}
      </span>
      <span role="gridcell" className={styles.preview} title={error ?? gone ?? shortText(result, 400)} data-wrong={error !== undefined || gone !== undefined}>
        {error ?? gone ?? (Array.isArray(result) ? t('mapping.linesOf', { n: result.length }) : shortText(result, 60))}
      </span>
    </div>
  );
}, sameRow);
