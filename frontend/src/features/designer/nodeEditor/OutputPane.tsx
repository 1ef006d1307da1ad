import { CheckCircleFilled, CloseCircleFilled, SafetyCertificateOutlined } from '@ant-design/icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useText } from '~/shared/i18n/useText';
import { nameOf } from '../useRefusalText';
import { Banner } from '~/shared/ui/Banner';
import { JsonTree } from '~/shared/ui/JsonTree';
import { Tabs } from '~/shared/ui/Tabs';
import { declarationOf, outputsOf } from '~/model/graph';
import { formatJson } from '~/model/lossless';
import { useDesigner } from '../designer.store';
import styles from './NodeEditor.module.css';
import { RequestBody } from './RequestBody';
import { useNodeContext } from './useNodeContext';

const TALL = 620;

/** What the node made of the sample, and the request a write would send. Nothing is sent. */
export function OutputPane() {
  const { t, i18n } = useTranslation('designer');
  const text = useText();
  const { id, source, writer } = useNodeContext();
  const [tab, setTab] = useState('');
  const test = useDesigner((state) => state.test);
  const error = useDesigner((state) => state.testError);
  const sample = useDesigner((state) => (source === undefined ? undefined : state.samples[source]));
  const declaration = useDesigner((state) => declarationOf(state.graph, id));
  const result = test?.nodes.find((one) => one.id === id);
  const requests = test?.requests.filter((one) => one.node === id) ?? [];
  // A mapping is judged by what its target is asked to write.
  const maps = declaration?.settings.some((setting) => setting.kind === 'mapping') === true;
  const body = maps && writer !== undefined && writer !== id ? test?.requests.find((one) => one.node === writer) : undefined;
  const asked = id === source ? sample?.request : undefined;
  const portTitle = (name: string) => {
    const port = outputsOf(declaration).find((one) => one.name === name);
    return name === 'error' ? t('node.errorPort') : text(port?.title ?? declaration?.outputs?.[0]?.title) || name;
  };
  const tabs = [
    ...(result?.outputs ?? []).map((output, i) => ({ key: `out-${i}`, label: `${portTitle(output.port)}${i > 0 ? ` ${i + 1}` : ''}`, content: <JsonTree text={formatJson(output.body)} label={portTitle(output.port)} height={TALL} /> })),
    ...requests.map((request, i) => ({
      key: `request-${i}`, label: t('output.request'),
      content: (
        <>
          <p className={styles.dry}>
            <SafetyCertificateOutlined aria-hidden="true" /> {t('output.dry', { operation: request.operation, connection: request.connection })}
          </p>
          <JsonTree text={formatJson(request.body)} label={t('output.request')} height={TALL} />
        </>
      ),
    })),
    ...(body === undefined || source === undefined || writer === undefined ? [] : [{ key: 'body', label: t('output.body'), content: <RequestBody source={source} writer={writer} request={body} height={TALL} /> }]),
    ...(asked === undefined ? [] : [{ key: 'asked', label: t('output.asked'), content: <JsonTree text={formatJson(asked)} label={t('output.asked')} height={TALL} /> }]),
  ];
  const last = test?.nodes.at(-1)?.id;
  const notReached = last === undefined ? t('output.notReached') : t('output.stoppedAt', { name: nameOf(last, i18n.language) });
  const nothing = sample === undefined ? t('output.needsSample') : test === undefined ? t('output.testing') : result === undefined ? notReached : t('output.nothing');
  const state = result === undefined ? undefined : result.fault === undefined ? 'ok' : 'failed';
  return (
    <>
      <div className={styles.paneHead}>
        <h2 className={styles.paneTitle}>{t('output.title')}</h2>
        {state !== undefined && (
          <span className={styles.verdict} data-state={state} role="status">
            {state === 'ok' ? <CheckCircleFilled aria-hidden="true" /> : <CloseCircleFilled aria-hidden="true" />}
            {t(state === 'ok' ? 'output.ok' : 'output.failed')}
          </span>
        )}
      </div>
      <div className={styles.scroll}>
        {error !== undefined && (
          <Banner tone="err" title={error.message}>
            {error.hint}
          </Banner>
        )}
        {result?.fault !== undefined && (
          <Banner tone="err" title={result.fault.message}>
            {result.fault.path !== undefined && result.fault.path !== '' && <code>{result.fault.path}</code>} {result.fault.hint}
          </Banner>
        )}
        {tabs.length > 0 && <Tabs label={t('output.title')} tabs={tabs} active={tabs.some((one) => one.key === tab) ? tab : (tabs[0]?.key ?? '')} onChange={setTab} />}
        {tabs.length === 0 && result?.fault === undefined && error === undefined && <p className={styles.none}>{nothing}</p>}
      </div>
    </>
  );
}
