import { FileExcelOutlined } from '@ant-design/icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../../../shared/api/errors';
import type { CodeFile, CodeTable } from '../../../shared/api/types';
import { formatCount } from '../../../shared/lib/format';
import { Banner } from '../../../shared/ui/Banner';
import { Dialog } from '../../../shared/ui/Dialog';
import { useDialogs } from '../../../shared/ui/dialogs';
import { FileDrop } from '../../../shared/ui/FileDrop';
import panel from '../../../shared/ui/Panel.module.css';
import { type Upload, useImport, usePreview } from '../api';
import styles from '../Codes.module.css';

/** Takes a file, shows what it would change, and carries that out only then. */
export default function ImportDialog({ table, onClose }: { table: CodeTable; onClose: () => void }) {
  const { t, i18n } = useTranslation('codes');
  const number = (value: number) => formatCount(value, i18n.language);
  const { toast } = useDialogs();
  const preview = usePreview(table.id);
  const taking = useImport(table.id);
  const [chosen, setChosen] = useState<Upload>();
  const seen = preview.data;
  const error = taking.error ?? preview.error;
  const changes = seen === undefined ? 0 : seen.added + seen.changed + seen.removed;

  /** Every choice is looked at anew. */
  const look = (next: Upload) => {
    setChosen(next);
    taking.reset();
    preview.reset();
    preview.mutate(next);
  };
  const send = () => {
    if (chosen === undefined || seen === undefined) return;
    taking.mutate({ ...chosen, version: seen.version }, {
      onSuccess: ({ added, changed, removed }) => {
        toast(t('import.done', { added: number(added), changed: number(changed), removed: number(removed) }));
        onClose();
      },
      // Somebody was faster: what the file changes now is another thing.
      onError: (refused) => {
        if (asApiError(refused).code === 'codetable.changed') preview.mutate(chosen);
      },
    });
  };

  return (
    <Dialog
      title={t('import.title', { title: table.title })}
      size="large"
      submit={seen === undefined || changes === 0 ? t('import.submitNone') : t('import.submit', { count: changes, shown: number(changes) })}
      cancel={t('common:action.cancel')}
      pending={taking.isPending || preview.isPending}
      disabled={seen === undefined || seen.blocking > 0 || changes === 0}
      danger={seen !== undefined && seen.removed > 0 && seen.blocking === 0}
      dismissable={chosen === undefined}
      onSubmit={send}
      onClose={onClose}
    >
      {error !== null && (
        <Banner tone="err" title={asApiError(error).message}>
          {asApiError(error).hint}
        </Banner>
      )}
      <FileDrop
        title={chosen === undefined ? t('import.drop') : chosen.file.name}
        hint={t(chosen === undefined ? 'import.formats' : 'import.another')}
        accept=".xlsx,.csv,.txt,.tsv"
        icon={chosen === undefined ? undefined : <FileExcelOutlined aria-hidden="true" />}
        onChoose={(file) => look({ file, replace: chosen?.replace ?? false, sheet: '' })}
      />
      {chosen === undefined && <p className={panel.sub}>{t('import.columns')}</p>}
      {chosen !== undefined && (
        <div className={styles.choices}>
          {(seen?.sheets.length ?? 0) > 1 && (
            <label>
              {t('import.sheet')}
              <select className={panel.field} value={chosen.sheet} onChange={(event) => look({ ...chosen, sheet: event.target.value })}>
                {seen?.sheets.map((name, index) => (
                  <option key={name} value={index === 0 ? '' : name}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          )}
          <label className={styles.check}>
            <input type="checkbox" checked={chosen.replace} onChange={(event) => look({ ...chosen, replace: event.target.checked })} />
            {t('import.replace')}
          </label>
        </div>
      )}
      <div aria-live="polite" aria-busy={preview.isPending}>
        {preview.isPending && <p className={panel.sub}>{t('import.reading')}</p>}
        {seen !== undefined && <Seen file={seen} />}
      </div>
    </Dialog>
  );
}

/** What the file changes, problems first. */
function Seen({ file }: { file: CodeFile }) {
  const { t, i18n } = useTranslation('codes');
  const number = (value: number) => formatCount(value, i18n.language);
  const problems = [...file.problems].sort((a, b) => Number(b.blocking) - Number(a.blocking));
  return (
    <div className={styles.seen}>
      <dl className={styles.counts}>
        {(['added', 'changed', 'removed', 'unchanged'] as const).map((key) => (
          <div key={key} data-kind={file[key] > 0 ? key : undefined}>
            <dt>{t(`import.${key}`)}</dt>
            <dd>{number(file[key])}</dd>
          </div>
        ))}
        <div data-kind={file.blocking > 0 ? 'blocking' : undefined}>
          <dt>{t('import.blocking')}</dt>
          <dd>{number(file.blocking)}</dd>
        </div>
      </dl>
      {file.blocking > 0 && <Banner tone="err">{t('import.mustMend', { count: file.blocking, shown: number(file.blocking) })}</Banner>}
      {problems.length > 0 && (
        <div className={styles.sheet}>
          <table className={panel.table} aria-label={t('import.problems')}>
            <thead>
              <tr>
                <th scope="col">{t('import.row')}</th>
                <th scope="col">{t('import.column')}</th>
                <th scope="col">{t('import.problem')}</th>
              </tr>
            </thead>
            <tbody>
              {problems.map((one, index) => (
                <tr key={index} data-blocking={one.blocking}>
                  <td className="kz-num">{one.row}</td>
                  <td>{one.path === 'source' || one.path === 'target' || one.path === 'note' ? t(one.path) : ''}</td>
                  <td className={styles.words}>
                    {one.message}
                    {one.hint !== undefined && <small>{one.hint}</small>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {file.found > problems.length && <p className={styles.rest}>{t('import.moreProblems', { count: file.found - problems.length, shown: number(file.found - problems.length) })}</p>}
        </div>
      )}
      {file.blocking === 0 && file.differences.length === 0 && <p className={panel.sub}>{t('import.nothing')}</p>}
      {file.blocking === 0 && file.differences.length > 0 && (
        <div className={styles.sheet}>
          <table className={panel.table} aria-label={t('import.differences')}>
            <thead>
              <tr>
                <th scope="col">{t('import.kind')}</th>
                <th scope="col">{t('source')}</th>
                <th scope="col">{t('target')}</th>
                <th scope="col">{t('note')}</th>
              </tr>
            </thead>
            <tbody>
              {file.differences.map((one) => (
                <tr key={one.source}>
                  <td>
                    <span className={styles.kind} data-kind={one.kind}>
                      {t(`import.${one.kind}`)}
                    </span>
                  </td>
                  <td><code className={styles.code}>{one.source}</code></td>
                  <td><Before before={one.before?.target} after={one.after?.target} code /></td>
                  <td className={styles.note}><Before before={one.before?.note} after={one.after?.note} /></td>
                </tr>
              ))}
            </tbody>
          </table>
          {file.added + file.changed + file.removed > file.differences.length && (
            <p className={styles.rest}>{t('import.moreChanges', { count: file.added + file.changed + file.removed - file.differences.length, shown: number(file.added + file.changed + file.removed - file.differences.length) })}</p>
          )}
        </div>
      )}
    </div>
  );
}

/** What was there, struck out where it is not to stay, and what comes. */
function Before({ before, after, code = false }: { before: string | undefined; after: string | undefined; code?: boolean }) {
  const gone = before !== undefined && before !== '' && before !== after;
  return (
    <span className={code ? styles.code : undefined}>
      {gone && <del>{before}</del>}
      {gone && after !== undefined && after !== '' && ' → '}
      {after}
    </span>
  );
}
