import { FileExcelOutlined, FileMarkdownOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, take } from '../api/client';
import { saveFile } from '../lib/saveFile';
import { noticeOf, useDialogs } from '../ui/dialogs';
import type { MenuItem } from '../ui/Menu';

interface Wanted {
  flow: string;
  title: string;
  /** The newest version where it is left out. */
  version?: string;
}

/** Menu items that hand out the mapping document of a flow, in the reader's language. */
export function useMappingDocument(): (wanted: Wanted) => MenuItem[] {
  const { t, i18n } = useTranslation();
  const { tell } = useDialogs();
  const making = useMutation({
    mutationFn: async ({ flow, title, version, format }: Wanted & { format: 'xlsx' | 'md' }) => {
      const lang = i18n.language === 'en' ? 'en' : 'zh-CN';
      const file = await take(api.GET('/flows/{id}/mapping-document', { params: { path: { id: flow }, query: { format, lang, version } }, parseAs: 'blob' }));
      saveFile(file as unknown as Blob, `${title} - ${t('mappingDocument.name')}.${format}`);
    },
    onError: (error) => tell(noticeOf(error, t('trouble.offline.title'))),
  });
  return (wanted) => [
    { key: 'mapping-xlsx', label: t('mappingDocument.xlsx'), icon: <FileExcelOutlined aria-hidden="true" />, disabled: making.isPending, onSelect: () => making.mutate({ ...wanted, format: 'xlsx' }) },
    { key: 'mapping-md', label: t('mappingDocument.md'), icon: <FileMarkdownOutlined aria-hidden="true" />, disabled: making.isPending, onSelect: () => making.mutate({ ...wanted, format: 'md' }) },
  ];
}
