import { Button, Input, Popover } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './Mapping.module.css';

interface Props {
  count: number;
  disabled: boolean;
  onConstant: (value: string) => void;
  onClear: () => void;
  onIgnore: () => void;
  onCopy: () => void;
  onNone: () => void;
}

/** What can be done with the rows that are chosen. */
export function SelectionBar({ count, disabled, onConstant, onClear, onIgnore, onCopy, onNone }: Props) {
  const { t } = useTranslation('designer');
  const [open, setOpen] = useState(false);
  const [value, setValue] = useState('');
  const set = () => {
    setOpen(false);
    setValue('');
    onConstant(value);
  };
  return (
    <div className={styles.chosen} role="group" aria-label={t('mapping.chosen', { n: count })}>
      <span>{t('mapping.chosen', { n: count })}</span>
      <Popover
        trigger="click"
        open={open}
        onOpenChange={setOpen}
        destroyOnHidden
        content={
          <div className={styles.constant}>
            <Input size="small" autoFocus value={value} aria-label={t('mapping.constantValue')} placeholder={t('mapping.constantValue')} onChange={(event) => setValue(event.target.value)} onPressEnter={(event) => !event.nativeEvent.isComposing && value !== '' && set()} />
            <Button size="small" type="primary" disabled={value === ''} onClick={set}>
              {t('mapping.constantSet')}
            </Button>
          </div>
        }
      >
        <Button size="small" disabled={disabled}>
          {t('mapping.constant')}
        </Button>
      </Popover>
      <Button size="small" disabled={disabled} onClick={onClear}>
        {t('mapping.clearChosen')}
      </Button>
      <Button size="small" disabled={disabled} onClick={onIgnore}>
        {t('mapping.ignore')}
      </Button>
      <Button size="small" onClick={onCopy}>
        {t('mapping.copyChosen')}
      </Button>
      <Button size="small" type="text" onClick={onNone}>
        {t('mapping.chooseNone')}
      </Button>
    </div>
  );
}
