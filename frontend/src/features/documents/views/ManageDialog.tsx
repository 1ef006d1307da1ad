import { DeleteOutlined, EditOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { LedgerView } from '../../../shared/api/types';
import { Dialog } from '../../../shared/ui/Dialog';
import { noticeOf, useDialogs } from '../../../shared/ui/dialogs';
import panel from '../../../shared/ui/Panel.module.css';
import { QueryView } from '../../../shared/ui/QueryView';
import { When } from '../../../shared/ui/When';
import { useViewActions, useViews } from './api';
import styles from './Views.module.css';

interface Props {
  onEdit: (view: LedgerView) => void;
  onClose: () => void;
}

/** All views: which one the ledger opens with, their names, who sees them, and away with them. */
export function ManageDialog({ onEdit, onClose }: Props) {
  const { t } = useTranslation('documents');
  const { ask, tell } = useDialogs();
  const query = useViews();
  const { remove, choose } = useViewActions();
  const start = (id: string) => choose.mutate(id, { onError: (error) => tell(noticeOf(error, t('common:trouble.offline.title'))) });
  const drop = ({ id, name, shared }: LedgerView) =>
    ask({
      title: t('views.dropTitle', { name }), text: t(shared ? 'views.dropShared' : 'views.dropText'), submit: t('common:action.delete'), danger: true,
      onConfirm: () => remove.mutateAsync(id),
    });
  return (
    <Dialog size="large" title={t('views.manage')} submit={t('common:action.close')} onSubmit={onClose} onClose={onClose}>
      <QueryView query={query}>
        {({ shipped, items, choice: kept }) => {
          const choice = choose.isPending ? choose.variables : kept;
          return (
          <div className={panel.scroll}>
            <table className={panel.table} aria-label={t('views.manage')}>
              <thead>
                <tr>
                  <th scope="col">{t('views.startColumn')}</th>
                  <th scope="col">{t('views.name')}</th>
                  <th scope="col">{t('views.who')}</th>
                  <th scope="col">{t('column.updated')}</th>
                  <th scope="col">{t('views.actions')}</th>
                </tr>
              </thead>
              <tbody>
                <Row id="" name={t('views.all')} who={t('views.shippedOnes')} choice={choice} onStart={start} />
                {shipped.map(({ id }) => (
                  <Row key={id} id={id} name={t(`views.shipped.${id}`)} who={t('views.shippedOnes')} choice={choice} onStart={start} />
                ))}
                {items.map((view) => (
                  <Row key={view.id} id={view.id} name={view.name} who={view.shared ? t('views.sharedBy', { name: view.maker || t('views.program') }) : t('views.mine')} choice={choice} at={view.updatedAt} onStart={start}>
                    {view.changeable && (
                      <span className={styles.actions}>
                        <Button size="small" icon={<EditOutlined aria-hidden="true" />} aria-label={t('views.edit', { name: view.name })} onClick={() => onEdit(view)} />
                        <Button size="small" danger icon={<DeleteOutlined aria-hidden="true" />} aria-label={t('views.drop', { name: view.name })} onClick={() => drop(view)} />
                      </span>
                    )}
                  </Row>
                ))}
              </tbody>
            </table>
          </div>
          );
        }}
      </QueryView>
    </Dialog>
  );
}

interface RowProps {
  id: string;
  name: string;
  who: string;
  choice: string;
  at?: string | null;
  onStart: (id: string) => void;
  children?: React.ReactNode;
}

function Row({ id, name, who, choice, at, onStart, children }: RowProps) {
  const { t } = useTranslation('documents');
  return (
    <tr>
      <td>
        <input type="radio" name="start" checked={choice === id} aria-label={t('views.startWith', { name })} onChange={() => onStart(id)} />
      </td>
      <td>{name}</td>
      <td>{who}</td>
      <td>{at != null && <When time={at} />}</td>
      <td>{children}</td>
    </tr>
  );
}
