import { DeleteOutlined, DownloadOutlined, UploadOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useMay } from '../../../shared/api/session';
import type { TemplateDetail } from '../../../shared/api/types';
import { useText } from '../../../shared/i18n/useText';
import { noticeOf, useDialogs } from '../../../shared/ui/dialogs';
import { useOwnTemplates } from '../api';

/** What can be done with a template besides copying it: its package, and with one of the workspace a next version and its end. */
export function OwnTools({ template }: { template: TemplateDetail }) {
  const { t } = useTranslation('market');
  const text = useText();
  const navigate = useNavigate();
  const mayEdit = useMay('edit');
  const { ask, tell, toast } = useDialogs();
  const { save, remove } = useOwnTemplates();
  const { id, version, versions, title } = template;
  const own = template.origin === 'workspace';
  return (
    <>
      <Button icon={<DownloadOutlined aria-hidden="true" />} loading={save.isPending} onClick={() => save.mutate({ id, version }, { onError: (error) => tell(noticeOf(error, t('common:trouble.offline.title'))) })}>
        {t('own.export')}
      </Button>
      {own && mayEdit && (
        <>
          {!template.imported && (
            <Button icon={<UploadOutlined aria-hidden="true" />} onClick={() => void navigate(`/market/publish?id=${id}`)}>
              {t('own.next')}
            </Button>
          )}
          <Button
            danger
            icon={<DeleteOutlined aria-hidden="true" />}
            onClick={() =>
              ask({
                title: t('own.delete', { title: text(title), version }), text: t('own.deleteText'), submit: t('common:action.delete'), danger: true,
                onConfirm: () => remove.mutateAsync({ id, version }).then(() => {
                  toast(t('own.deleted', { title: text(title), version }));
                  void navigate(versions.length > 1 ? `/market/${id}` : '/market');
                }),
              })
            }
          >
            {t('common:action.delete')}
          </Button>
        </>
      )}
    </>
  );
}
