import { KeyOutlined, PushpinOutlined, SendOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { asApiError } from '~/shared/api/errors';
import type { WidgetProps } from '~/shared/schema-form/SchemaForm';
import { Banner } from '~/shared/ui/Banner';
import { Dialog } from '~/shared/ui/Dialog';
import { QueryView } from '~/shared/ui/QueryView';
import { When } from '~/shared/ui/When';
import type { Webhook } from '~/shared/api/types';
import { useDesigner } from '../designer.store';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import { askForSample } from '../nodeEditor/useTest';
import { curlOf, usePost, useRotate, useWebhook } from './api';
import styles from './Webhook.module.css';

/** For how many seconds an old secret may stay good. */
const KEEPS: Record<string, number> = { keepNot: 0, keepHour: 3600, keepDay: 24 * 3600, keepWeek: 7 * 24 * 3600 };

/** Shows the address of a webhook node and makes the secrets of those who post to it. It holds nothing. */
export default function WebhookWidget({ id, disabled }: WidgetProps) {
  const { id: node } = useNodeContext();
  const flow = useDesigner((state) => state.flow.id);
  const hook = useWebhook(flow, node);
  return (
    <div className={styles.box} id={id}>
      <QueryView query={hook}>{(found) => <Address hook={found} flow={flow} node={node} disabled={disabled} />}</QueryView>
    </div>
  );
}

function Copy({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslation('designer');
  const [done, setDone] = useState(false);
  return (
    <Button size="small" aria-label={label} onClick={() => void navigator.clipboard.writeText(text).then(() => setDone(true))}>
      {t(done ? 'hook.copied' : 'common:action.copy')}
    </Button>
  );
}

function Address({ hook, flow, node, disabled }: { hook: Webhook; flow: string; node: string; disabled: boolean }) {
  const { t } = useTranslation('designer');
  const published = useDesigner((state) => state.flow.publishedVersion > 0);
  const signs = useDesigner((state) => (state.graph.nodes.get(node)?.settings as { auth?: unknown } | undefined)?.auth !== 'token');
  const [dialog, setDialog] = useState<'secret' | 'post'>();
  const url = `${window.location.origin}${hook.path}`;
  const close = () => setDialog(undefined);
  const made = hook.path !== '';
  const ending = hook.secrets.filter((one) => one.expiresAt !== null);
  return (
    <>
      {made ? (
        <>
          <p className={styles.url}>
            <code>{url}</code>
            <Copy text={url} label={t('hook.copyUrl')} />
          </p>
          {!published && <Banner tone="warn" title={t('hook.unpublished')} />}
          <p className={styles.facts}>
            <span>
              {t('hook.since', { by: hook.secrets[0]?.createdBy ?? '' })} <When time={hook.secrets[0]?.createdAt} />
            </span>
            {ending.map((one) => (
              <span key={one.createdAt}>
                {t('hook.ends')} <When time={one.expiresAt} as="exact" />
              </span>
            ))}
          </p>
        </>
      ) : (
        <p className={styles.none}>{t('hook.none')}</p>
      )}
      <p className={styles.does}>
        <Button size="small" icon={<KeyOutlined aria-hidden="true" />} disabled={disabled} onClick={() => setDialog('secret')}>
          {t(made ? 'hook.rotate' : 'hook.make')}
        </Button>
        {made && (
          <Button size="small" icon={<SendOutlined aria-hidden="true" />} disabled={disabled} onClick={() => setDialog('post')}>
            {t('hook.try')}
          </Button>
        )}
      </p>
      {made && (
        <details className={styles.example}>
          <summary>{t('hook.example')}</summary>
          <pre>{curlOf(url, signs)}</pre>
          <Copy text={curlOf(url, signs)} label={t('hook.copyExample')} />
        </details>
      )}
      {made && <Calls hook={hook} />}
      {dialog === 'secret' && <SecretDialog flow={flow} node={node} signs={signs} first={!made} onClose={close} />}
      {dialog === 'post' && <PostDialog flow={flow} node={node} onClose={close} />}
    </>
  );
}

function Calls({ hook }: { hook: Webhook }) {
  const { t } = useTranslation('designer');
  return (
    <section aria-label={t('hook.calls')} className={styles.calls}>
      <h5>{t('hook.calls')}</h5>
      {hook.calls.length === 0 && <p className={styles.none}>{t('hook.noCalls')}</p>}
      <ul>
        {hook.calls.map((call) => (
          <li key={call.message}>
            <When time={call.receivedAt} />
            <code title={call.message}>{call.message}</code>
            {call.documents.length === 1 ? <Link to={`/documents/${call.documents[0]}`}>{t('hook.document')}</Link> : <span>{t('hook.documents', { count: call.documents.length })}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

interface DialogProps {
  flow: string;
  node: string;
  onClose: () => void;
}

/** Makes a secret and shows it once. */
function SecretDialog({ flow, node, signs, first, onClose }: DialogProps & { signs: boolean; first: boolean }) {
  const { t } = useTranslation('designer');
  const rotate = useRotate(flow, node);
  const [keep, setKeep] = useState('keepDay');
  if (rotate.data !== undefined) {
    const shown = signs ? rotate.data.secret : rotate.data.token;
    return (
      <Dialog title={t(signs ? 'hook.madeSecret' : 'hook.madeToken')} submit={t('common:action.close')} onSubmit={onClose} onClose={onClose} dismissable={false}>
        <p>{t('hook.once')}</p>
        <p className={styles.url}>
          <code>{shown}</code>
          <Copy text={shown} />
        </p>
      </Dialog>
    );
  }
  return (
    <Dialog title={t(first ? 'hook.make' : 'hook.rotate')} submit={t(first ? 'hook.make' : 'hook.rotate')} cancel={t('common:action.cancel')} pending={rotate.isPending} onSubmit={() => rotate.mutate(first ? 0 : (KEEPS[keep] ?? 0))} onClose={onClose}>
      {rotate.error !== null && <Banner tone="err">{asApiError(rotate.error).message}</Banner>}
      <p>{t(first ? 'hook.makeText' : 'hook.rotateText')}</p>
      {!first && (
        <label className={styles.keep}>
          <span>{t('hook.keep')}</span>
          <select value={keep} onChange={(event) => setKeep(event.target.value)}>
            {Object.keys(KEEPS).map((name) => (
              <option key={name} value={name}>
                {t(`hook.${name}`)}
              </option>
            ))}
          </select>
        </label>
      )}
    </Dialog>
  );
}

/** Posts something as another system would. */
function PostDialog({ flow, node, onClose }: DialogProps) {
  const { t } = useTranslation('designer');
  const post = usePost(flow, node);
  const [body, setBody] = useState('{\n  "order_no": "1001"\n}');
  const sample = useMutation({ mutationFn: (posted: string) => askForSample(node, { posted }), onSuccess: onClose });
  const got = post.data;
  return (
    <Dialog title={t('hook.try')} submit={t('hook.send')} cancel={t('common:action.closeDialog')} size="large" pending={post.isPending} onSubmit={() => post.mutate(body)} onClose={onClose}>
      <p>{t('hook.tryText')}</p>
      <label className={styles.keep}>
        <span>{t('hook.body')}</span>
        <textarea rows={8} spellCheck={false} value={body} onChange={(event) => setBody(event.target.value)} />
      </label>
      <p className={styles.does}>
        <Button size="small" icon={<PushpinOutlined aria-hidden="true" />} loading={sample.isPending} disabled={body.trim() === ''} onClick={() => sample.mutate(body)}>
          {t('hook.sample')}
        </Button>
        <span className={styles.none}>{t('hook.sampleText')}</span>
      </p>
      {sample.error !== null && <Banner tone="err" title={asApiError(sample.error).message}>{asApiError(sample.error).hint}</Banner>}
      {post.error !== null && <Banner tone="err">{asApiError(post.error).message}</Banner>}
      {got !== undefined && (
        <section aria-label={t('hook.answer')} className={styles.answer} data-ok={got.status < 400}>
          <strong>{got.status}</strong>
          <pre>{got.body}</pre>
        </section>
      )}
    </Dialog>
  );
}
