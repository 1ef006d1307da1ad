import { FolderOpenOutlined } from '@ant-design/icons';
import { Input } from 'antd';
import { useTranslation } from 'react-i18next';
import type { WidgetProps } from '~/shared/schema-form/SchemaForm';
import { FilePreview } from './FilePreview';
import styles from './File.module.css';

/** Names a folder of the workspace, and shows where it lies and what is in it. */
export default function FolderWidget({ value, onChange, id, describedBy, invalid, disabled }: WidgetProps) {
  const { t } = useTranslation('designer');
  const name = typeof value === 'string' ? value : '';
  return (
    <div className={styles.box}>
      <Input
        id={id}
        value={name}
        disabled={disabled}
        status={invalid ? 'error' : ''}
        aria-describedby={describedBy}
        prefix={<FolderOpenOutlined aria-hidden="true" />}
        placeholder={t('file.folderExample')}
        spellCheck={false}
        onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)}
      />
      <FilePreview on={name !== '' && !invalid} />
    </div>
  );
}
