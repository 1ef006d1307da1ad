import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Json } from '~/shared/api/types';
import { addCondition, addGroup, LOGICS, readGroups, removeCondition, setCondition, takesNoValue } from '~/model/conditions';
import { ExpressionInput } from './ExpressionInput';
import styles from './Editors.module.css';

interface Props {
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
  disabled: boolean;
  errors: Record<string, string>;
  path: string;
}

/** Groups of which any may hold; in a group all must. */
export function ConditionsEditor({ value, onChange, disabled, errors, path }: Props) {
  const { t } = useTranslation('designer');
  const groups = readGroups(value);
  const put = (next: ReturnType<typeof readGroups>) => onChange(next.length === 0 ? undefined : (next as Json));
  const wrong = (group: number, row: number, member: string) => errors[`${path}[${group}][${row}].${member}`];
  const texts = (one: Json | undefined) => (typeof one === 'string' ? one : one === undefined || one === null ? '' : JSON.stringify(one));
  return (
    <div className={styles.conditions}>
      {groups.map((rows, g) => (
        <div key={g}>
          {g > 0 && <div className={styles.or}>{t('conditions.or')}</div>}
          <fieldset className={styles.group}>
            <legend className="kz-sr">{t('conditions.group', { no: g + 1 })}</legend>
            {rows.map((row, r) => {
              const error = wrong(g, r, 'field') ?? wrong(g, r, 'logic') ?? wrong(g, r, 'value');
              return (
                <div key={r} className={styles.conditionRow}>
                  <span className={styles.and}>{r === 0 ? t('conditions.when') : t('conditions.and')}</span>
                  <ExpressionInput compact names="path" label={t('conditions.field')} value={texts(row.field)} disabled={disabled} invalid={wrong(g, r, 'field') !== undefined} placeholder={t('conditions.field')} onChange={(next) => put(setCondition(groups, g, r, 'field', next))} />
                  <Select
                    size="small"
                    className={styles.logic}
                    aria-label={t('conditions.logic')}
                    value={texts(row.logic) || undefined}
                    disabled={disabled}
                    popupMatchSelectWidth={false}
                    options={LOGICS.map((logic) => ({ value: logic, label: t(`conditions.logics.${logic}`) }))}
                    onChange={(next: string) => put(setCondition(groups, g, r, 'logic', next))}
                  />
                  {takesNoValue(row.logic) ? (
                    <span className={styles.noValue} />
                  ) : (
                    <ExpressionInput compact label={t('conditions.value')} value={texts(row.value)} disabled={disabled} invalid={wrong(g, r, 'value') !== undefined} placeholder={t(row.logic === 'in' || row.logic === 'notin' || row.logic === 'between' || row.logic === 'notbetween' ? 'conditions.values' : 'conditions.value')} onChange={(next) => put(setCondition(groups, g, r, 'value', next))} />
                  )}
                  <Button type="text" size="small" icon={<DeleteOutlined aria-hidden="true" />} disabled={disabled} aria-label={t('conditions.remove')} onClick={() => put(removeCondition(groups, g, r))} />
                  {error !== undefined && <p className={styles.rowError}>{error}</p>}
                </div>
              );
            })}
            <Button type="link" size="small" icon={<PlusOutlined aria-hidden="true" />} disabled={disabled} onClick={() => put(addCondition(groups, g))}>
              {t('conditions.addAnd')}
            </Button>
          </fieldset>
        </div>
      ))}
      <Button type="dashed" size="small" icon={<PlusOutlined aria-hidden="true" />} disabled={disabled} onClick={() => put(addGroup(groups))}>
        {t(groups.length === 0 ? 'conditions.add' : 'conditions.addOr')}
      </Button>
    </div>
  );
}
