import { useQuery } from '@tanstack/react-query';
import { Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '~/shared/api/errors';
import { useFlows } from '~/shared/api/flowNames';
import { keys } from '~/shared/api/keys';
import type { Field } from '~/shared/api/types';
import { Banner } from '~/shared/ui/Banner';
import { Dialog } from '~/shared/ui/Dialog';
import type { Suggestion } from '~/model/automatch';
import { nodesOf, readDocument, settingsOf } from '~/model/document';
import { offersFrom } from '~/model/fromFlow';
import type { Line } from '~/model/mapping';
import { matches } from '~/model/pinyin';
import type { SampleField } from '~/model/sampleTree';
import { getFlow } from '../api';
import { current } from '../designer.store';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import styles from './Mapping.module.css';

interface Props {
  lines: readonly Line[];
  target: readonly Field[];
  fields: readonly SampleField[];
  onOffer: (offers: ReadonlyMap<string, Suggestion[]>) => void;
  onClose: () => void;
}

/** Takes over what a mapping of another flow says, as proposals for the rows that are empty here. */
export default function FromFlow({ lines, target, fields, onOffer, onClose }: Props) {
  const { t } = useTranslation('designer');
  const { id } = useNodeContext();
  const [flow, setFlow] = useState<string>();
  const [node, setNode] = useState<string>();
  const flows = useFlows();
  const found = useQuery({ queryKey: [...keys.flow(flow ?? ''), 'mapping-from'], enabled: flow !== undefined, queryFn: ({ signal }) => getFlow(flow ?? '', signal) });
  const { types, flow: own } = current();
  const mappings = found.data === undefined ? [] : nodesOf(readDocument(found.data.document)).flatMap((one) => {
    const setting = types.get(one.type)?.settings.find((declared) => declared.kind === 'mapping');
    return setting === undefined || (flow === own.id && one.id === id) ? [] : [{ id: one.id, title: one.title ?? one.id, rows: settingsOf(one)[setting.key] }];
  });
  const chosen = mappings.find((one) => one.id === node) ?? mappings[0];
  const offers = chosen === undefined ? undefined : offersFrom(lines, chosen.rows, target, fields);
  const trouble = flows.error ?? found.error;
  return (
    <Dialog title={t('fromFlow.title')} size="large" submit={t('fromFlow.offer', { n: offers?.size ?? 0 })} cancel={t('publish.cancel')} disabled={offers === undefined || offers.size === 0} onSubmit={() => { if (offers !== undefined) onOffer(offers); onClose(); }} onClose={onClose}>
      <p className={styles.note}>{t('fromFlow.text')}</p>
      {trouble !== null && <Banner tone="err" title={asApiError(trouble).message}>{asApiError(trouble).hint}</Banner>}
      <label className={styles.pick}>
        <span>{t('fromFlow.flow')}</span>
        <Select
          style={{ width: '100%' }}
          showSearch={{ filterOption: (query, option) => matches(query, option?.label) }}
          value={flow}
          loading={flows.isPending || found.isFetching}
          aria-label={t('fromFlow.flow')}
          getPopupContainer={(trigger) => trigger.closest('dialog') ?? document.body}
          options={(flows.data ?? []).map((one) => ({ value: one.id, label: one.title }))}
          onChange={(next: string) => {
            setFlow(next);
            setNode(undefined);
          }}
        />
      </label>
      {mappings.length > 1 && (
        <label className={styles.pick}>
          <span>{t('fromFlow.node')}</span>
          <Select style={{ width: '100%' }} value={chosen?.id} aria-label={t('fromFlow.node')} getPopupContainer={(trigger) => trigger.closest('dialog') ?? document.body} options={mappings.map((one) => ({ value: one.id, label: one.title }))} onChange={setNode} />
        </label>
      )}
      <div role="status">
        {found.data !== undefined && mappings.length === 0 && <p className={styles.note}>{t('fromFlow.noMapping')}</p>}
        {offers?.size === 0 && <p className={styles.note}>{t('fromFlow.nothing')}</p>}
      </div>
      {offers !== undefined && offers.size > 0 && (
        <ul className={styles.preview2} tabIndex={0} aria-label={t('fromFlow.rows')}>
          {[...offers].map(([name, [offer]]) => (
            <li key={name}>
              <code>{name}</code> <span>{offer?.value}</span> {offer !== undefined && offer.score < 1 && <small>{t('fromFlow.unknown')}</small>}
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
