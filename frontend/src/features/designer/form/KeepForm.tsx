import { SaveOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import { asApiError } from '~/shared/api/errors';
import { keys } from '~/shared/api/keys';
import { isObject, setSetting, settingsOf } from '~/model/document';
import { change } from '../actions';
import { saveDerived } from '../api';
import { current, documentNow, useDesigner } from '../designer.store';

interface Props {
  node: string;
  operation: string;
  /** The request parameter that names the form. */
  field: string;
  form: string;
}

/** Keeps a form that the system told of as a derived operation, and has the node use that. */
export function KeepForm({ node, operation, field, form }: Props) {
  const { t } = useTranslation('designer');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const connection = useDesigner((state) => state.graph.nodes.get(node)?.connection);
  const keep = useMutation({
    mutationFn: () => saveDerived(connection ?? '', operation, form),
    onSuccess: (name) => {
      void queries.invalidateQueries({ queryKey: keys.connectors });
      const { params } = settingsOf(current().graph.nodes.get(node));
      // The operation itself says which form it is of.
      const rest = Array.isArray(params) ? params.filter((row) => !isObject(row) || row.field !== field) : params;
      change(setSetting(setSetting(documentNow(), node, 'operation', name), node, 'params', rest));
      void message.success(t('params.formKept', { name }));
    },
    onError: (error) => {
      const { message: words, hint } = asApiError(error);
      void message.error([words, hint].filter(Boolean).join(' '));
    },
  });
  return (
    <Tooltip title={t('params.keepFormWhy')}>
      <Button type="link" size="small" icon={<SaveOutlined aria-hidden="true" />} loading={keep.isPending} onClick={() => keep.mutate()}>
        {t('params.keepForm')}
      </Button>
    </Tooltip>
  );
}
