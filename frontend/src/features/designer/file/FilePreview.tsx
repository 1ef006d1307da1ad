import { Button, Spin } from 'antd';
import { useTranslation } from 'react-i18next';
import { asApiError } from '~/shared/api/errors';
import type { FilePreview as Preview, Json } from '~/shared/api/types';
import { formatSize } from '~/shared/lib/format';
import { Banner } from '~/shared/ui/Banner';
import { type JsonObject, settingsOf } from '~/model/document';
import { formatJson } from '~/model/lossless';
import { changeSettings } from '~/model/ports';
import { change } from '../actions';
import { documentNow, useDesigner } from '../designer.store';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import { useQuiet } from '../useQuiet';
import { columnsOf, readingOf, useFilePreview } from './api';
import styles from './File.module.css';

/** Quiet before a changed setting is shown, in milliseconds. */
const QUIET = 400;
/** How many files of a folder are listed. */
const MOST_FILES = 8;

const shown = (value: Json | undefined): string => (value === undefined || value === null ? '' : typeof value === 'string' ? value : formatJson(value));

/** What the node would read, with the settings as they are now. */
export function FilePreview({ on }: { on: boolean }) {
  const { t } = useTranslation('designer');
  const { id } = useNodeContext();
  const node = useDesigner((state) => state.graph.nodes.get(id));
  const types = useDesigner((state) => state.types);
  const readOnly = useDesigner((state) => state.readOnly);
  const asked = useQuiet(JSON.stringify(readingOf(settingsOf(node))), QUIET);
  const preview = useFilePreview(JSON.parse(asked) as JsonObject, on && !readOnly);
  if (!on || readOnly || node === undefined) return null;
  if (preview.error !== null) {
    const { message, hint } = asApiError(preview.error);
    return (
      <Banner tone="err" title={message} actions={<Button size="small" onClick={() => void preview.refetch()}>{t('common:action.tryAgain')}</Button>}>
        {hint}
      </Banner>
    );
  }
  const seen = preview.data;
  if (seen === undefined) return <Spin size="small" aria-label={t('file.reading')} />;
  const setSheet = (sheet: string) => change(changeSettings(documentNow(), node, types.get(node.type), { ...settingsOf(node), sheet }), `${id}.sheet`);
  return (
    <section className={styles.preview} aria-label={t('file.preview')} aria-busy={preview.isFetching}>
      <Found seen={seen} onSheet={setSheet} chosen={String(settingsOf(node).sheet ?? '')} />
      {seen.fault !== undefined && <Banner tone="err" title={seen.fault.message}>{seen.fault.hint}</Banner>}
      <Rows seen={seen} />
      {seen.folder !== '' && <Folder seen={seen} />}
    </section>
  );
}

/** What was found out of the file. */
function Found({ seen, chosen, onSheet }: { seen: Preview; chosen: string; onSheet: (sheet: string) => void }) {
  const { t } = useTranslation('designer');
  const delimiters: Record<string, string> = { ',': t('file.comma'), ';': t('file.semicolon'), '\t': t('file.tab'), '|': t('file.bar') };
  const facts = [seen.format.toUpperCase(), seen.encoding.toUpperCase(), delimiters[seen.delimiter] ?? seen.delimiter].filter((fact) => fact !== '');
  return (
    <>
      {facts.length > 0 && (
        <p className={styles.found}>
          {seen.name !== '' && <b>{seen.name}</b>}
          {facts.map((fact) => <span key={fact} className={styles.fact}>{fact}</span>)}
        </p>
      )}
      {seen.sheets.length > 1 && (
        <p className={styles.found} role="group" aria-label={t('file.sheets')}>
          {seen.sheets.map((sheet, index) => {
            const active = chosen === sheet || (chosen === '' && index === 0);
            return (
              <button key={sheet} type="button" className={styles.sheet} aria-pressed={active} onClick={() => onSheet(sheet)}>
                {sheet}
              </button>
            );
          })}
        </p>
      )}
    </>
  );
}

function Rows({ seen }: { seen: Preview }) {
  const { t } = useTranslation('designer');
  const columns = columnsOf(seen.rows);
  if (seen.rows.length === 0) return seen.name !== '' && seen.fault === undefined ? <p className={styles.none}>{t('file.noRows')}</p> : null;
  return (
    <>
      <div className={styles.rows} tabIndex={0} role="region" aria-label={t('file.firstRows')}>
        <table>
          <thead>
            <tr>
              {columns.map((name) => <th key={name} scope="col">{name}</th>)}
            </tr>
          </thead>
          <tbody>
            {seen.rows.map((row, index) => (
              // Rows have no other name than their place.
              <tr key={index}>
                {columns.map((name) => <td key={name} title={shown((row as Record<string, Json>)[name])}>{shown((row as Record<string, Json>)[name])}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className={styles.none}>{t(seen.more ? 'file.moreRows' : 'file.allRows', { n: seen.rows.length })}</p>
    </>
  );
}

function Folder({ seen }: { seen: Preview }) {
  const { t, i18n } = useTranslation('designer');
  return (
    <div className={styles.folder}>
      <p>
        {t('file.folderAt')} <code>{seen.folder}</code>
      </p>
      {seen.files.length === 0 && <p className={styles.none}>{t('file.folderEmpty')}</p>}
      {seen.files.length > 0 && (
        <ul>
          {seen.files.slice(0, MOST_FILES).map((one) => (
            <li key={one.name}>
              <span>{one.name}</span>
              <small>{one.fresh ? t('file.fresh') : formatSize(one.size, i18n.language)}</small>
            </li>
          ))}
        </ul>
      )}
      {seen.files.length > MOST_FILES && <p className={styles.none}>{t('file.moreFiles', { n: seen.files.length - MOST_FILES })}</p>}
    </div>
  );
}
