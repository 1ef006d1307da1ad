import { SafetyCertificateOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Json, TestResult } from '~/shared/api/types';
import { JsonDiff } from '~/shared/ui/JsonDiff';
import { JsonTree } from '~/shared/ui/JsonTree';
import { formatJson } from '~/model/lossless';
import { testFlow } from '../api';
import { current, useDesigner } from '../designer.store';
import styles from './NodeEditor.module.css';

type Request = TestResult['requests'][number];

interface Props {
  source: string;
  /** The node that writes. */
  writer: string;
  request: Request;
  height: number;
}

/** The whole request that a sample leads to, and what differs from the sample before it. */
export function RequestBody({ source, writer, request, height }: Props) {
  const { t } = useTranslation('designer');
  const sample = useDesigner((state) => state.samples[source]);
  const [view, setView] = useState<'body' | 'diff'>('body');
  const previous = sample === undefined ? undefined : sample.items[sample.at - 1];
  return (
    <>
      <p className={styles.dry}>
        <SafetyCertificateOutlined aria-hidden="true" /> {t('output.dry', { operation: request.operation, connection: request.connection })}
      </p>
      <Segmented size="small" value={view} aria-label={t('output.bodyView')} options={[{ value: 'body', label: t('output.bodyWhole') }, { value: 'diff', label: t('output.bodyDiff'), disabled: previous === undefined }]} onChange={(next) => setView(next as 'body' | 'diff')} />
      {view === 'body' || previous === undefined ? <JsonTree text={formatJson(request.body)} label={t('output.body')} height={height} /> : <Difference source={source} writer={writer} previous={previous} body={request.body} height={height} />}
    </>
  );
}

function Difference({ source, writer, previous, body, height }: { source: string; writer: string; previous: Json; body: Json; height: number }) {
  const { t } = useTranslation('designer');
  const doc = useDesigner((state) => state.history.present);
  const { data, error, isPending } = useQuery({
    queryKey: ['request-before', current().flow.id, doc, source, previous],
    retry: false,
    queryFn: () => testFlow(current().flow.id, doc, source, previous),
  });
  if (isPending) return <p className={styles.none}>{t('output.testing')}</p>;
  const before = data?.requests.find((one) => one.node === writer);
  if (error !== null || before === undefined) return <p className={styles.none}>{error?.message ?? t('output.noneBefore')}</p>;
  return <JsonDiff before={formatJson(before.body)} after={formatJson(body)} labels={[t('output.before'), t('output.now')]} height={height} />;
}
