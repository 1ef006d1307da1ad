import { CloseOutlined, CloudDownloadOutlined, LeftOutlined, PushpinFilled, ReloadOutlined, RightOutlined, SearchOutlined } from '@ant-design/icons';
import { Button, Input, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '~/shared/api/errors';
import { Banner } from '~/shared/ui/Banner';
import { JsonTree } from '~/shared/ui/JsonTree';
import { formatJson } from '~/model/lossless';
import { useDesigner } from '../designer.store';
import { nameOf } from '../useRefusalText';
import { FieldTree } from './FieldTree';
import styles from './NodeEditor.module.css';
import { SamplePicker } from './SamplePicker';
import { useNodeContext } from './useNodeContext';
import { askForSample, dropSample, pickSample } from './useTest';

/** What reaches the node, with the sample it is shown with. */
export function InputPane() {
  const { t, i18n } = useTranslation('designer');
  const { source, input, fields } = useNodeContext();
  const sample = useDesigner((state) => (source === undefined ? undefined : state.samples[source]));
  const [view, setView] = useState<'fields' | 'json'>('fields');
  const [query, setQuery] = useState('');
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<{ message: string; hint: string }>();
  const [none, setNone] = useState(false);

  const ask = async () => {
    if (source === undefined) return;
    setBusy(true);
    setRefused(undefined);
    setNone(false);
    try {
      await askForSample(source);
      setNone(useDesigner.getState().samples[source] === undefined);
    } catch (error) {
      const { message, hint } = asApiError(error);
      setRefused({ message, hint });
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <div className={styles.paneHead}>
        <h2 className={styles.paneTitle}>{t('input.title')}</h2>
        <Segmented size="small" value={view} aria-label={t('input.view')} options={[{ value: 'fields', label: t('input.fields') }, { value: 'json', label: 'JSON' }]} onChange={(next) => setView(next as 'fields' | 'json')} />
      </div>
      {source !== undefined && (
        <div className={styles.sample} data-has={sample !== undefined}>
          {sample === undefined ? (
            <Button block type="dashed" icon={<CloudDownloadOutlined aria-hidden="true" />} loading={busy} title={t('sample.fetch', { name: nameOf(source, i18n.language) })} onClick={() => void ask()}>
              {t('sample.fetch', { name: nameOf(source, i18n.language) })}
            </Button>
          ) : (
            <>
              <PushpinFilled className={styles.pinned} title={t('sample.pinned')} />
              <Button size="small" type="text" icon={<LeftOutlined aria-hidden="true" />} aria-label={t('sample.previous')} disabled={sample.at === 0} onClick={() => pickSample(source, sample.at - 1)} />
              <span className="kz-num">{t('sample.place', { at: sample.at + 1, of: sample.items.length })}</span>
              <Button size="small" type="text" icon={<RightOutlined aria-hidden="true" />} aria-label={t('sample.next')} disabled={sample.at + 1 >= sample.items.length} onClick={() => pickSample(source, sample.at + 1)} />
              <SamplePicker source={source} sample={sample} />
              <Button size="small" type="text" loading={busy} icon={<ReloadOutlined aria-hidden="true" />} aria-label={t('sample.again')} title={t('sample.again')} onClick={() => void ask()} />
              <Button size="small" type="text" icon={<CloseOutlined aria-hidden="true" />} aria-label={t('sample.drop')} title={t('sample.drop')} onClick={() => dropSample(source)} />
            </>
          )}
        </div>
      )}
      {refused !== undefined && <Banner tone="err" title={refused.message}>{refused.hint}</Banner>}
      {none && <Banner tone="info" title={t('sample.none')} />}
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
