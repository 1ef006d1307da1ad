import { ControlOutlined, SaveOutlined, SettingOutlined, VerticalAlignTopOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { lazy, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { keys } from '../../../shared/api/keys';
import type { LedgerView } from '../../../shared/api/types';
import { zone } from '../../../shared/lib/times';
import { noticeOf, useDialogs } from '../../../shared/ui/dialogs';
import { HelpLink } from '../../../shared/ui/HelpLink';
import { Later } from '../../../shared/ui/Later';
import panel from '../../../shared/ui/Panel.module.css';
import { Moment } from '../components/Moment';
import type { Change } from '../model/filter';
import { remember } from '../model/remembered';
import { useViewActions, useViews } from './api';
import { changeTo, fits, lookOf, NOTHING, readLook, sameLook } from './look';
import styles from './Views.module.css';

const SaveDialog = lazy(async () => ({ default: (await import('./SaveDialog')).SaveDialog }));
const ManageDialog = lazy(async () => ({ default: (await import('./ManageDialog')).ManageDialog }));
const ColumnsDialog = lazy(async () => ({ default: (await import('./ColumnsDialog')).ColumnsDialog }));

interface Props {
  me: string;
  flowId: string | undefined;
  /** The business fields that are shown. */
  columns: readonly string[];
  /** Pages above the list were let go. */
  scrolled: boolean;
  onChange: (change: Change) => void;
}

/** How the ledger is looked at: by which view, with which columns, from when on. All of it is in the address. */
export function Looks({ me, flowId, columns, scrolled, onChange }: Props) {
  const { t } = useTranslation('documents');
  const { tell, toast } = useDialogs();
  const client = useQueryClient();
  const [params] = useSearchParams();
  const [opened, setOpened] = useState<'save' | 'manage' | 'columns'>();
  const [edited, setEdited] = useState<LedgerView>();
  const { data } = useViews();
  const { save } = useViewActions();
  const look = readLook(params, flowId, columns);
  const flow = look.filter.flow ?? '';
  const at = params.get('at') ?? '';
  const saved = params.get('saved') ?? '';
  const shipped = data?.shipped ?? [];
  const views = (data?.items ?? []).filter((view) => fits(view, flowId));
  const own = views.find(({ id }) => id === saved);
  const current = own ?? shipped.find(({ id }) => id === saved);
  const changed = current !== undefined && !sameLook(look, lookOf(current, flowId));
  const plain = sameLook(look, lookOf({ ...NOTHING, id: 'waiting', filter: {}, period: undefined, columns: [] }, flowId));
  const apply = (id: string) => {
    const view = views.find((one) => one.id === id) ?? shipped.find((one) => one.id === id);
    onChange(view === undefined ? changeTo(NOTHING, '', flowId) : changeTo(lookOf(view, flowId), id, flowId));
  };

  // A ledger that is opened with nothing said opens with the person's choice.
  const bare = useRef(flowId === undefined && params.size === 0);
  const choice = data?.choice ?? '';
  useEffect(() => {
    if (data === undefined) return;
    if (bare.current && choice !== '') apply(choice);
    bare.current = false;
  });
  // What was remembered goes into the address, so that whoever gets it sees the same.
  const told = params.has('columns') || columns.length === 0;
  useEffect(() => {
    if (!told) onChange({ columns: columns.join() });
  });

  const overwrite = () => {
    if (own === undefined) return;
    save.mutate({ view: own, wish: { name: own.name, shared: own.shared, look } }, {
      onSuccess: () => toast(t('views.saved', { name: own.name })),
      onError: (error) => tell(noticeOf(error, t('common:trouble.offline.title'))),
    });
  };
  const close = () => {
    setOpened(undefined);
    setEdited(undefined);
  };
  const group = (shared: boolean) => views.filter((view) => view.shared === shared);

  return (
    <>
      <div className={styles.bar} role="group" aria-label={t('views.label')}>
        <label className={styles.choose}>
          <span>{t('views.label')}</span>
          <select className={panel.field} value={current === undefined ? '' : saved} onChange={(event) => apply(event.target.value)}>
            <option value="">{t(plain ? 'views.all' : 'views.none')}</option>
            {!plain && <option value="all">{t('views.all')}</option>}
            <optgroup label={t('views.shippedOnes')}>
              {shipped.map(({ id }) => (
                <option key={id} value={id}>
                  {t(`views.shipped.${id}`)}
                </option>
              ))}
            </optgroup>
            {([false, true] as const).map((shared) => group(shared).length > 0 && (
              <optgroup key={String(shared)} label={t(shared ? 'views.sharedOnes' : 'views.mine')}>
                {group(shared).map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        </label>
        {changed && (
          <>
            <span className={styles.changed} role="status">{t('views.changed')}</span>
            {own?.changeable === true && (
              <Button size="small" loading={save.isPending} onClick={overwrite}>
                {t('common:action.save')}
              </Button>
            )}
            <Button size="small" onClick={() => apply(saved)}>
              {t('views.back')}
            </Button>
          </>
        )}
        {!plain && (current === undefined || changed) && (
          <Button size="small" icon={<SaveOutlined aria-hidden="true" />} onClick={() => setOpened('save')}>
            {t('views.saveAs')}
          </Button>
        )}
        <Button size="small" icon={<SettingOutlined aria-hidden="true" />} onClick={() => setOpened('manage')}>
          {t('views.manage')}
        </Button>
        <Button size="small" icon={<ControlOutlined aria-hidden="true" />} disabled={flow === '' && columns.length === 0} title={flow === '' ? t('columns.needsFlow') : undefined} onClick={() => setOpened('columns')}>
          {columns.length === 0 ? t('columns.button') : t('columns.some', { count: columns.length })}
        </Button>
        <HelpLink to="ledger" title={t('title')} />
        <div className={styles.jump} title={t('filter.zone', { zone: zone() })}>
          <span aria-hidden="true">{t('jump.label')}</span>
          <Moment label={t('jump.title')} value={at === '' ? undefined : at} onChange={(moment) => onChange({ at: moment })} />
          {(at !== '' || scrolled) && (
            <Button size="small" icon={<VerticalAlignTopOutlined aria-hidden="true" />} onClick={() => (at === '' ? void client.resetQueries({ queryKey: keys.documents, type: 'active' }) : onChange({ at: '' }))}>
              {t('jump.newest')}
            </Button>
          )}
        </div>
      </div>
      {opened === 'save' && (
        <Later onClose={close}>
          <SaveDialog look={look} views={views} onClose={close} onSaved={(view) => onChange(changeTo(lookOf(view, flowId), view.id, flowId))} />
        </Later>
      )}
      {opened === 'manage' && (
        <Later onClose={close}>
          <ManageDialog onEdit={setEdited} onClose={close} />
        </Later>
      )}
      {edited !== undefined && (
        <Later onClose={() => setEdited(undefined)}>
          <SaveDialog look={lookOf(edited, undefined)} view={edited} views={data?.items ?? []} onClose={() => setEdited(undefined)} />
        </Later>
      )}
      {opened === 'columns' && (
        <Later onClose={close}>
          <ColumnsDialog
            flow={flow} chosen={columns} onClose={close}
            onDone={(paths) => {
              if (flow !== '') remember(me, flow, paths);
              onChange({ columns: paths.join() });
              close();
            }}
          />
        </Later>
      )}
    </>
  );
}
