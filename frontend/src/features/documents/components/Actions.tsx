import { DisconnectOutlined, DownOutlined, EditOutlined, FastForwardOutlined, ReloadOutlined, SendOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { lazy, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '../../../shared/api/session';
import { noticeOf, useDialogs } from '../../../shared/ui/dialogs';
import { Later } from '../../../shared/ui/Later';
import { Menu } from '../../../shared/ui/Menu';
import { useRepair } from '../api';
import styles from '../Document.module.css';
import type { LedgerDelivery, LedgerDocument } from '../model/detail';
import { SkipDialog } from './SkipDialog';

const EditDialog = lazy(() => import('./EditDialog'));
const EjectDialog = lazy(() => import('./EjectDialog'));

const UNCERTAIN = ['unknown', 'sending'];

interface Props {
  document: LedgerDocument;
  /** The delivery that is looked at; it is the one to be resent. */
  delivery: LedgerDelivery | undefined;
}

/** What a person can do now. The server says what is possible; the role says who may. */
export function Actions({ document, delivery }: Props) {
  const { t } = useTranslation('documents');
  const { tell, toast } = useDialogs();
  const mayOperate = useMay('operate');
  const { retry, resend, skip, eject } = useRepair(document.id);
  const [open, setOpen] = useState<'edit' | 'resend' | 'skip' | 'eject'>();
  // What is said or edited is about the document as it was then: the page goes on reading.
  const [seen, setSeen] = useState<string>();
  const begin = (what: 'edit' | 'resend') => {
    setSeen(document.updatedAt ?? undefined);
    setOpen(what);
  };
  // Whether the target took it is not known. The server finds out by itself; a person who looked may decide before.
  const uncertain = delivery !== undefined && UNCERTAIN.includes(delivery.state);
  const can = (action: (typeof document.actions)[number]) => mayOperate && document.actions.includes(action);

  // What was written stays written: the writeback or the hand-over alone is made again.
  const handsOnly = document.attention.includes('writeback_failing') && (document.state === 'delivered' || document.state === 'collected');

  const refused = (error: unknown) => tell(noticeOf(error, t('common:trouble.offline.title')));
  const doRetry = (version: 'published' | 'pinned') =>
    retry.mutate({ version }, { onSuccess: () => toast(t('retry.done')), onError: refused });

  return (
    <>
      {can('retry') && handsOnly && (
        <Button type="primary" icon={<ReloadOutlined aria-hidden="true" />} loading={retry.isPending} onClick={() => doRetry('pinned')}>
          {t('retry.hand')}
        </Button>
      )}
      {can('retry') && !handsOnly && (
        <span className={styles.split}>
          <Button type="primary" icon={<ReloadOutlined aria-hidden="true" />} loading={retry.isPending && open === undefined} onClick={() => doRetry('published')}>
            {t('retry.do')}
          </Button>
          <Menu
            label={t('retry.more')}
            button={<DownOutlined aria-hidden="true" />}
            className={styles.splitMore}
            items={[
              { key: 'published', label: t('retry.published'), onSelect: () => doRetry('published') },
              { key: 'pinned', label: t('retry.pinned', { no: document.version }), onSelect: () => doRetry('pinned') },
            ]}
          />
        </span>
      )}
      {mayOperate && document.purged !== undefined && (
        <span className={styles.blocked} role="group" aria-label={t('purged.blocked')} title={t('purged.why')}>
          {(['retry', 'edit', 'resend'] as const).map((action) => (
            <Button key={action} disabled title={t('purged.why')} aria-label={t('purged.cannot', { action: t(`${action}.do`) })}>
              {t(`${action}.do`)}
            </Button>
          ))}
        </span>
      )}
      {can('edit') && (
        <Button icon={<EditOutlined aria-hidden="true" />} onClick={() => begin('edit')}>
          {t('edit.do')}
        </Button>
      )}
      {delivery !== undefined && (uncertain ? can('retry') : can('resend')) && (
        <Button icon={<SendOutlined aria-hidden="true" />} onClick={() => begin('resend')}>
          {t(uncertain ? 'resend.decide' : 'resend.do')}
        </Button>
      )}
      {can('skip') && (
        <Button icon={<FastForwardOutlined aria-hidden="true" />} onClick={() => setOpen('skip')}>
          {t('skip.do')}
        </Button>
      )}
      {can('eject') && (
        <Button icon={<DisconnectOutlined aria-hidden="true" />} onClick={() => setOpen('eject')}>
          {t('eject.do')}
        </Button>
      )}
      <Later onClose={() => setOpen(undefined)}>
        {open === 'edit' && (
          <EditDialog
            title={t('edit.title')} note={t('edit.note')} submit={t('edit.submit')} payload={document.source} mutation={retry}
            onSubmit={(source) =>
              retry.mutate({ version: 'published', seen, ...(source === undefined ? {} : { source }) }, {
                onSuccess: () => {
                  setOpen(undefined);
                  toast(t('retry.done'));
                },
              })
            }
            onClose={() => {
              retry.reset();
              setOpen(undefined);
            }}
          />
        )}
        {open === 'resend' && delivery !== undefined && (
          <EditDialog
            title={t('resend.title', { connection: delivery.connection })} note={t('resend.note')} submit={t('resend.submit')} payload={delivery.mapped} mutation={resend} unchanged
            danger={uncertain ? { warning: t('resend.warning'), confirm: t('resend.confirm') } : undefined}
            onSubmit={(body) =>
              resend.mutate({ node: delivery.node, part: delivery.part, decided: uncertain, seen, ...(body === undefined ? {} : { body }) }, {
                onSuccess: () => {
                  setOpen(undefined);
                  toast(t('resend.done'));
                },
              })
            }
            onClose={() => {
              resend.reset();
              setOpen(undefined);
            }}
          />
        )}
        {open === 'eject' && (
          <EjectDialog
            name={document.number || document.key}
            mutation={eject}
            onSubmit={(wish) =>
              eject.mutate(wish, {
                onSuccess: () => {
                  setOpen(undefined);
                  toast(t('eject.done'));
                },
              })
            }
            onClose={() => {
              eject.reset();
              setOpen(undefined);
            }}
          />
        )}
        {open === 'skip' && (
          <SkipDialog
            name={document.number || document.key}
            mutation={skip}
            onSubmit={(note) =>
              skip.mutate(note, {
                onSuccess: () => {
                  setOpen(undefined);
                  toast(t('skip.done'));
                },
              })
            }
            onClose={() => {
              skip.reset();
              setOpen(undefined);
            }}
          />
        )}
      </Later>
    </>
  );
}
