import { CopyOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDialogs } from '../../../shared/ui/dialogs';
import { JsonDiff } from '../../../shared/ui/JsonDiff';
import { JsonTree } from '../../../shared/ui/JsonTree';
import panel from '../../../shared/ui/Panel.module.css';
import { Tabs } from '../../../shared/ui/Tabs';
import { Answered } from '../attempts/Answered';
import styles from '../Document.module.css';
import { firstPair, type LedgerDelivery, type LedgerDocument, newest, type Payload, payloads } from '../model/detail';

const KINDS = ['source', 'mapped', 'response', 'writeback'] as const;

interface Props {
  document: LedgerDocument;
  delivery: LedgerDelivery | undefined;
}

/** What came in, what it became, what was sent, what was answered - and any two of them side by side. */
export function PayloadTabs({ document, delivery }: Props) {
  const { t } = useTranslation('documents');
  const { toast } = useDialogs();
  const list = useMemo(() => payloads(document, delivery), [document, delivery]);
  // What was refused at a field is shown at that field; else what became of a document, or what came.
  const atField = (document.problem?.path ?? '') !== '';
  const [active, setActive] = useState<string>((document.state === 'delivered' || atField) && newest(list, 'mapped') !== undefined ? 'mapped' : 'source');

  const copy = (text: string) =>
    navigator.clipboard.writeText(text).then(() => toast(t('common:action.copied')), () => toast(t('copyFailed'), 'err'));

  const view = (kind: (typeof KINDS)[number]) => {
    const one = newest(list, kind);
    if (one === undefined) return <p className={styles.quiet}>{t(`none.${kind}`)}</p>;
    return (
      <div className={styles.payload}>
        <div className={styles.payloadHead}>
          <span className={styles.spring} />
          <Button size="small" type="text" icon={<CopyOutlined aria-hidden="true" />} onClick={() => void copy(one.text)}>
            {t('common:json.copy')}
          </Button>
        </div>
        <JsonTree text={one.text} label={t(`tab.${kind}`)} mark={kind === 'mapped' ? document.problem?.path : undefined} words={document.problem?.message} height={520} />
      </div>
    );
  };

  return (
    <Tabs
      label={t('payloads')}
      active={active}
      onChange={setActive}
      tabs={[
        ...KINDS.map((key) => ({ key, label: t(`tab.${key}`), content: key === 'response' ? <Answered document={document} delivery={delivery} otherwise={view(key)} /> : view(key) })),
        { key: 'diff', label: t('tab.diff'), content: <Compare list={list} /> },
      ]}
    />
  );
}

function Compare({ list }: { list: Payload[] }) {
  const { t } = useTranslation('documents');
  const [pair, setPair] = useState(() => firstPair(list));
  const [left, right] = [list.find(({ key }) => key === pair?.[0]), list.find(({ key }) => key === pair?.[1])];
  if (pair === undefined || left === undefined || right === undefined) return <p className={styles.quiet}>{t('none.diff')}</p>;
  const choice = (side: 0 | 1) => (
    <select
      className={panel.field}
      value={pair[side]}
      aria-label={t(side === 0 ? 'diff.left' : 'diff.right')}
      onChange={(event) => setPair(side === 0 ? [event.target.value, pair[1]] : [pair[0], event.target.value])}
    >
      {list.map((one) => (
        <option key={one.key} value={one.key}>
          {t(`tab.${one.kind}`)}
        </option>
      ))}
    </select>
  );
  return (
    <div className={styles.compare}>
      <div className={styles.payloadHead}>
        {choice(0)}
        <span aria-hidden="true">↔</span>
        {choice(1)}
        {left.text === right.text && <span className={styles.quieter}>{t('diff.same')}</span>}
      </div>
      <JsonDiff before={left.text} after={right.text} labels={[t(`tab.${left.kind}`), t(`tab.${right.kind}`)]} height={500} />
    </div>
  );
}
