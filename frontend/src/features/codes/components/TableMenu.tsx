import { DeleteOutlined, EditOutlined, MoreOutlined } from '@ant-design/icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '../../../shared/api/session';
import type { CodeTable } from '../../../shared/api/types';
import { formatCount } from '../../../shared/lib/format';
import { useDialogs } from '../../../shared/ui/dialogs';
import { Menu } from '../../../shared/ui/Menu';
import { useTableActions } from '../api';
import { RenameDialog } from './TableDialogs';

/** Rename and delete, for those who may. */
export function TableMenu({ table, onDeleted }: { table: CodeTable; onDeleted?: () => void }) {
  const { t, i18n } = useTranslation('codes');
  const mayEdit = useMay('edit');
  const { ask, toast } = useDialogs();
  const { remove } = useTableActions();
  const [renaming, setRenaming] = useState(false);
  if (!mayEdit) return null;
  const gone = () => {
    toast(t('deleted', { title: table.title }));
    onDeleted?.();
  };
  return (
    <>
      <Menu
        label={t('menuOf', { title: table.title })}
        button={<MoreOutlined aria-hidden="true" />}
        items={[
          { key: 'rename', label: t('rename'), icon: <EditOutlined aria-hidden="true" />, onSelect: () => setRenaming(true) },
          {
            key: 'delete', label: t('common:action.delete'), icon: <DeleteOutlined aria-hidden="true" />, danger: true,
            onSelect: () =>
              ask({
                title: t('delete.title', { title: table.title }), text: t('delete.text', { count: table.rows, shown: formatCount(table.rows, i18n.language) }),
                submit: t('common:action.delete'), danger: true, onConfirm: () => remove.mutateAsync(table.id).then(gone),
              }),
          },
        ]}
      />
      {renaming && <RenameDialog table={table} onClose={() => setRenaming(false)} />}
    </>
  );
}
