import { CheckCircleFilled, CloseCircleFilled, SafetyCertificateOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '~/shared/api/errors';
import type { Json, TestResult } from '~/shared/api/types';
import { Banner } from '~/shared/ui/Banner';
import { Dialog } from '~/shared/ui/Dialog';
import { JsonTree } from '~/shared/ui/JsonTree';
import { formatJson } from '~/model/lossless';
import { testFlow } from '../api';
import { documentNow, useDesigner } from '../designer.store';
import { nameOf } from '../useRefusalText';
import styles from './NodeEditor.module.css';
import { sampleOf } from './useTest';

export type Scope = 'here' | 'node';

interface Props {
  id: string;
  source: string;
  /** What reaches the node now; without it the node can't be tested alone. */
  input: Json | undefined;
  scope: Scope;
  onClose: () => void;
}

/** One sample's way to a node, or through the node alone: what each made of it, and the request that would be sent. Nothing is sent. */
export default function UpToHere({ id, source, input, scope: first, onClose }: Props) {
  const { t, i18n } = useTranslation('designer');
  const flow = useDesigner((state) => state.flow.id);
  const [scope, setScope] = useState(first);
  // The draft and the sample as they are when the dialog opens: it covers what would change them.
  const [doc] = useState(documentNow);
  const [sample] = useState(() => sampleOf(source) ?? {});
  const [from, record] = scope === 'node' && input !== undefined ? [id, input] : [source, sample];
  const { data, error, isPending } = useQuery({ queryKey: ['test-up-to', flow, doc, from, id, record], retry: false, staleTime: Infinity, gcTime: 0, queryFn: () => testFlow(flow, doc, from, record, id) });
  const name = nameOf(id, i18n.language);
  const stopped = data?.nodes.find((one) => one.fault !== undefined && one.id !== id);
  return (
    <Dialog title={t('upTo.title', { name })} size="large" submit={t('upTo.close')} onSubmit={onClose} onClose={onClose}>
      <p className={styles.dry}>
        <SafetyCertificateOutlined aria-hidden="true" /> {t('upTo.nothingSent')}
      </p>
      {id !== source && (
        <Segmented
          value={scope}
          aria-label={t('upTo.scope')}
          options={[{ value: 'here', label: t('upTo.here', { name: nameOf(source, i18n.language) }) }, { value: 'node', label: t('upTo.node'), disabled: input === undefined }]}
          onChange={(next) => setScope(next as Scope)}
        />
      )}
      <div role="status">
        {isPending && <p className={styles.none}>{t('output.testing')}</p>}
        {error !== null && <Banner tone="err" title={asApiError(error).message}>{asApiError(error).hint}</Banner>}
        {data !== undefined && !data.nodes.some((one) => one.id === id) && (
          <Banner tone="warn" title={t('upTo.notReached', { name })}>{stopped === undefined ? t('upTo.filtered') : t('output.stoppedAt', { name: nameOf(stopped.id, i18n.language) })}</Banner>
        )}
      </div>
      {data !== undefined && <Way of={data} />}
    </Dialog>
  );
}

function Way({ of }: { of: TestResult }) {
  const { t, i18n } = useTranslation('designer');
  return (
    <ol className={styles.way}>
      {of.nodes.map((node, i) => (
        <li key={node.id}>
          <details open={i === of.nodes.length - 1 || node.fault !== undefined}>
            <summary>
              <span className={styles.verdict} data-state={node.fault === undefined ? 'ok' : 'failed'}>
                {node.fault === undefined ? <CheckCircleFilled aria-hidden="true" /> : <CloseCircleFilled aria-hidden="true" />}
                {t(node.fault === undefined ? 'output.ok' : 'output.failed')}
              </span>{' '}
              {nameOf(node.id, i18n.language)} <code>{node.id}</code>
            </summary>
            {node.fault !== undefined && (
              <Banner tone="err" title={node.fault.message}>
                {node.fault.path !== undefined && node.fault.path !== '' && <code>{node.fault.path}</code>} {node.fault.hint}
              </Banner>
            )}
            {node.outputs.map((output, k) => (
              <JsonTree key={k} text={formatJson(output.body)} label={`${nameOf(node.id, i18n.language)} ${output.port}`} height={220} />
            ))}
            {of.requests.filter((one) => one.node === node.id).map((request, k) => (
              <section key={`r${k}`} aria-label={t('output.request')}>
                <h3 className={styles.paneTitle}>{t('upTo.request', { operation: request.operation, connection: request.connection })}</h3>
                <JsonTree text={formatJson(request.body)} label={t('output.request')} height={300} />
              </section>
            ))}
          </details>
        </li>
      ))}
    </ol>
  );
}
