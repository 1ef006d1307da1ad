import { PlusOutlined } from '@ant-design/icons';
import { Button, Popover } from 'antd';
import { useTranslation } from 'react-i18next';
import { useText } from '~/shared/i18n/useText';
import type { SampleField } from '~/model/sampleTree';
import { shortText } from '~/model/sampleTree';
import styles from './Mapping.module.css';

interface Props {
  fresh: readonly SampleField[];
  /** Rows that read what no sample has. */
  lost: number;
  disabled: boolean;
  onAdd: (fields: readonly SampleField[]) => void;
  onLost: () => void;
}

/** What the samples have and the interface does not tell, and the other way round. */
export function Drift({ fresh, lost, disabled, onAdd, onLost }: Props) {
  const { t } = useTranslation('designer');
  const text = useText();
  if (fresh.length === 0 && lost === 0) return null;
  return (
    <>
      {fresh.length > 0 && (
        <Popover
          trigger="click"
          placement="bottomLeft"
          destroyOnHidden
          content={
            <div className={styles.fresh}>
              <p className={styles.note}>{t('mapping.freshText')}</p>
              <ul>
                {fresh.map((field) => (
                  <li key={field.path}>
                    <code>{field.path}</code> <span>{text(field.title)}</span> <small>{field.count === undefined ? shortText(field.value, 30) : `[${field.count}]`}</small>
                    <Button size="small" type="text" icon={<PlusOutlined aria-hidden="true" />} disabled={disabled} aria-label={t('mapping.addFresh', { name: field.path })} onClick={() => onAdd([field])} />
                  </li>
                ))}
              </ul>
              <Button size="small" disabled={disabled} onClick={() => onAdd(fresh)}>
                {t('mapping.addAllFresh', { n: fresh.length })}
              </Button>
            </div>
          }
        >
          <button type="button" className={styles.drift} data-kind="fresh">
            {t('mapping.fresh', { n: fresh.length })}
          </button>
        </Popover>
      )}
      {lost > 0 && (
        <button type="button" className={styles.drift} data-kind="lost" title={t('mapping.lostText')} onClick={onLost}>
          {t('mapping.lostCount', { n: lost })}
        </button>
      )}
    </>
  );
}
