import { CheckOutlined, CloudSyncOutlined, ExclamationCircleFilled, LoadingOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useDesigner } from '../designer.store';
import { saveNow } from '../useAutosave';
import styles from './Toolbar.module.css';

/** Which version is in force and whether the draft is safe. */
export function SaveMark() {
  const { t, i18n } = useTranslation('designer');
  const save = useDesigner((state) => state.save);
  const error = useDesigner((state) => state.saveError);
  const savedAt = useDesigner((state) => state.savedAt);
  const published = useDesigner((state) => state.flow.publishedVersion);
  const flow = useDesigner((state) => state.flow.id);
  const dirty = useDesigner((state) => state.flow.dirty);
  const readOnly = useDesigner((state) => state.readOnly);
  const old = useDesigner((state) => state.version);
  const version = published === 0 ? t('save.neverPublished') : t(dirty ? 'save.draftOver' : 'save.published', { no: published });
  const time = savedAt === 0 ? '' : new Intl.DateTimeFormat(i18n.language, { hour: '2-digit', minute: '2-digit' }).format(savedAt);
  return (
    <span className={styles.save} data-state={save}>
      {published === 0 ? <span>{readOnly ? t('save.readOnly') : version}</span> : <Link to={`/flows/${flow}/versions`}>{old > 0 ? t('save.old', { no: old }) : readOnly ? t('save.readOnly') : version}</Link>}
      {!readOnly && (
        <span role="status" className={styles.saveState}>
          {save === 'saved' && (
            <>
              <CheckOutlined aria-hidden="true" /> {t('save.saved', { time })}
            </>
          )}
          {save === 'dirty' && (
            <>
              <CloudSyncOutlined aria-hidden="true" /> {t('save.dirty')}
            </>
          )}
          {save === 'saving' && (
            <>
              <LoadingOutlined aria-hidden="true" /> {t('save.saving')}
            </>
          )}
          {save === 'conflict' && (
            <>
              <ExclamationCircleFilled aria-hidden="true" /> {t('save.conflict')}
            </>
          )}
          {save === 'failed' && (
            <button type="button" className={styles.retry} title={error?.message} onClick={() => void saveNow()}>
              <ExclamationCircleFilled aria-hidden="true" /> {t('save.failed')}
            </button>
          )}
        </span>
      )}
    </span>
  );
}
