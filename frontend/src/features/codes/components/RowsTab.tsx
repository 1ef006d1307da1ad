import { DeleteOutlined, SearchOutlined, SnippetsOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type ClipboardEvent, lazy, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '../../../shared/api/session';
import type { CodeTable } from '../../../shared/api/types';
import { useDelayed } from '../../../shared/hooks/useDelayed';
import { formatCount } from '../../../shared/lib/format';
import { useDialogs } from '../../../shared/ui/dialogs';
import { Empty } from '../../../shared/ui/Empty';
import { Later } from '../../../shared/ui/Later';
import panel from '../../../shared/ui/Panel.module.css';
import { QueryView } from '../../../shared/ui/QueryView';
import { useRemoveRows, useRows } from '../api';
import styles from '../Codes.module.css';
import { isTable } from '../model/paste';
import { RowGrid } from './RowGrid';

const PasteDialog = lazy(() => import('./PasteDialog'));

interface Props {
  table: CodeTable;
  /** Only rows whose target several sources have. */
  shared: boolean;
  onShared: (on: boolean) => void;
  onImport: () => void;
}

/** The rows of a table, to be looked through and written. */
export function RowsTab({ table, shared, onShared, onImport }: Props) {
  const { t, i18n } = useTranslation('codes');
  const mayFill = useMay('operate');
  const { ask, toast } = useDialogs();
  const [search, setSearch] = useState('');
  const rows = useRows(table.id, useDelayed(search), shared);
  const remove = useRemoveRows(table.id);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [pasted, setPasted] = useState<string>();
  const filtered = search !== '' || shared;

  const erase = () =>
    ask({
      title: t('erase.title', { count: selected.size, shown: formatCount(selected.size, i18n.language) }), text: t('erase.text'), submit: t('common:action.delete'), danger: true,
      onConfirm: () =>
        remove.mutateAsync([...selected]).then(({ removed }) => {
          setSelected(new Set());
          toast(t('erase.done', { count: removed, shown: formatCount(removed, i18n.language) }));
        }),
    });
  // Several cells of a spreadsheet are rows, wherever they are pasted.
  const onPaste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text/plain');
    if (!mayFill || !isTable(text)) return;
    event.preventDefault();
    setPasted(text);
  };

  return (
    <div onPaste={onPaste}>
      <div className={styles.bar}>
        <div className={styles.find}>
          <label className={panel.search}>
            <SearchOutlined aria-hidden="true" />
            <input type="search" value={search} placeholder={t('search')} aria-label={t('search')} onChange={(event) => setSearch(event.target.value)} />
          </label>
          {(table.ambiguous > 0 || shared) && (
            <label className={styles.check}>
              <input type="checkbox" checked={shared} onChange={(event) => onShared(event.target.checked)} />
              {t('ambiguous.only')}
            </label>
          )}
        </div>
        {mayFill && (
          <div className={styles.tools}>
            {selected.size > 0 && (
              <Button danger icon={<DeleteOutlined aria-hidden="true" />} onClick={erase}>
                {t('erase.do', { count: selected.size, shown: formatCount(selected.size, i18n.language) })}
              </Button>
            )}
            <Button icon={<SnippetsOutlined aria-hidden="true" />} onClick={() => setPasted('')}>
              {t('paste.button')}
            </Button>
          </div>
        )}
      </div>
      <QueryView query={rows}>
        {(data) => {
          const items = data.pages.flatMap((page) => page.items);
          return (
            <>
              {(mayFill || items.length > 0) && <RowGrid table={table.id} rows={items} adding={mayFill && !filtered} selected={mayFill ? selected : undefined} onSelect={setSelected} />}
              {items.length === 0 &&
                (filtered ? (
                  <Empty art="search" title={t('noMatch')}>
                    <Button
                      onClick={() => {
                        setSearch('');
                        onShared(false);
                      }}
                    >
                      {t('common:action.clear')}
                    </Button>
                  </Empty>
                ) : (
                  <Empty title={t('noRows.title')} text={t(mayFill ? 'noRows.text' : 'noRows.textLook')}>
                    {mayFill && <Button onClick={onImport}>{t('import.button')}</Button>}
                  </Empty>
                ))}
              {rows.hasNextPage && (
                <div className={panel.more}>
                  <Button loading={rows.isFetchingNextPage} onClick={() => void rows.fetchNextPage()}>
                    {t('common:action.loadMore')}
                  </Button>
                </div>
              )}
            </>
          );
        }}
      </QueryView>
      {pasted !== undefined && (
        <Later onClose={() => setPasted(undefined)}>
          <PasteDialog table={table.id} initial={pasted} onClose={() => setPasted(undefined)} />
        </Later>
      )}
    </div>
  );
}
