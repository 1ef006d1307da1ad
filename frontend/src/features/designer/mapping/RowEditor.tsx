import { Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Json } from '~/shared/api/types';
import { useText } from '~/shared/i18n/useText';
import type { Line } from '~/model/mapping';
import { ExpressionInput } from '../form/ExpressionInput';
import { enumOf, useOther, ValueChoice } from '../form/ValueChoice';
import styles from './Mapping.module.css';
import { RowDetails } from './RowDetails';

interface Props {
  line: Line;
  disabled: boolean;
  onChange: (change: { [member: string]: Json | undefined }) => void;
  onClose: () => void;
}

/** One row with all the room it wants: a long value, its settings, and how the result comes about. */
export function RowEditor({ line, disabled, onChange, onClose }: Props) {
  const { t } = useTranslation('designer');
  const text = useText();
  const other = useOther();
  const values = enumOf(line.declared, line.value);
  const name = [line.id, text(line.title)].filter(Boolean).join(' ');
  return (
    <Modal open footer={null} title={name} onCancel={onClose} destroyOnHidden afterOpenChange={(open) => open && document.getElementById('row-value')?.focus()}>
      <div className={styles.editor}>
        {values.length > 0 && <ValueChoice label={t('mapping.constantOf', { name })} value={line.value} choices={values} disabled={disabled} placeholder={t('params.pickValue')} other={other} onChange={(value) => onChange({ value })} />}
        <ExpressionInput id="row-value" label={t('mapping.valueOf', { name })} value={line.value} disabled={disabled || line.type === 'object'} scope={line.scope} {...(line.type === 'array' ? { names: 'array' as const } : {})} onChange={(value) => onChange({ value })} />
        {line.type !== 'object' && line.children.length === 0 && <RowDetails line={line} disabled={disabled} onChange={onChange} />}
      </div>
    </Modal>
  );
}
