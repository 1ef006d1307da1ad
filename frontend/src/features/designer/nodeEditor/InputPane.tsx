import { SearchOutlined } from '@ant-design/icons';
import { Input, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { JsonTree } from '~/shared/ui/JsonTree';
import { formatJson } from '~/model/lossless';
import { FieldTree } from './FieldTree';
import styles from './NodeEditor.module.css';
import { SampleBar } from './SampleBar';
import { useNodeContext } from './useNodeContext';

/** What reaches the node, with the sample it is shown with. */
export function InputPane() {
  const { t } = useTranslation('designer');
  const { source, input, fields } = useNodeContext();
  const [view, setView] = useState<'fields' | 'json'>('fields');
  const [query, setQuery] = useState('');

  return (
    <>
      <div className={styles.paneHead}>
        <h2 className={styles.paneTitle}>{t('input.title')}</h2>
        <Segmented size="small" value={view} aria-label={t('input.view')} options={[{ value: 'fields', label: t('input.fields') }, { value: 'json', label: 'JSON' }]} onChange={(next) => setView(next as 'fields' | 'json')} />
      </div>
      {source !== undefined && <SampleBar key={source} source={source} />}
      {view === 'fields' && (
        <div className={styles.find}>
          <Input size="small" allowClear value={query} prefix={<SearchOutlined aria-hidden="true" />} placeholder={t('input.search')} aria-label={t('input.search')} onChange={(event) => setQuery(event.target.value)} />
        </div>
      )}
      <div className={styles.scroll}>
        {source === undefined && <p className={styles.none}>{t('input.noSource')}</p>}
        {source !== undefined && fields.length === 0 && <p className={styles.none}>{t('input.empty')}</p>}
        {view === 'fields' ? <FieldTree fields={fields} query={query} /> : <JsonTree text={formatJson(input)} label={t('input.title')} height={640} />}
      </div>
    </>
  );
}
