import { SaveOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Button, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import { asApiError } from '~/shared/api/errors';
import { useDialogs } from '~/shared/ui/dialogs';
import { useDesigner } from '../designer.store';
import { draftOfForm, saveDerived, useAdopt } from './api';

/** Keeps a form that the system told of as a derived operation, and has the node use that. */
export function KeepForm({ node, operation, form }: { node: string; operation: string; form: string }) {
  const { t } = useTranslation('designer');
  const { toast } = useDialogs();
  const adopt = useAdopt(node);
  const connection = useDesigner((state) => state.graph.nodes.get(node)?.connection);
  const keep = useMutation({
    mutationFn: async () => saveDerived(await draftOfForm(connection ?? '', operation, form)),
    onSuccess: (made) => {
      adopt(made);
      toast(t('derived.kept', { name: made.name }));
    },
    onError: (error) => {
      const { message: words, hint } = asApiError(error);
      toast([words, hint].filter(Boolean).join(' '), 'err');
    },
  });
  return (
    <Tooltip title={t('derived.keepWhy')}>
      <Button type="link" size="small" icon={<SaveOutlined aria-hidden="true" />} loading={keep.isPending} onClick={() => keep.mutate()}>
        {t('derived.keep')}
      </Button>
    </Tooltip>
  );
}
