import { CloudDownloadOutlined, DeleteOutlined, EditOutlined, LeftOutlined, NumberOutlined, PushpinFilled, PushpinOutlined, ReloadOutlined, RightOutlined } from '@ant-design/icons';
import { Button, Input } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '~/shared/api/errors';
import { formatTime } from '~/shared/lib/format';
import { readNumbers } from '~/shared/lib/numbers';
import { Banner } from '~/shared/ui/Banner';
import type { SampleOf } from '../api';
import { type Sample, useDesigner } from '../designer.store';
import { nameOf } from '../useRefusalText';
import styles from './NodeEditor.module.css';
import { SamplePicker } from './SamplePicker';
import { usePin } from './usePin';
import { askForSample, dropSample, pickSample } from './useTest';

const EditSample = lazy(() => import('./EditSample'));

/** Most numbers that a sample is asked for by. */
const MOST_NUMBERS = 20;

/** The sample of a source: taken, asked for by numbers, chosen, edited, kept and let go of. */
export function SampleBar({ source }: { source: string }) {
  const { t, i18n } = useTranslation('designer');
  const sample = useDesigner((state) => state.samples[source]);
  const readOnly = useDesigner((state) => state.readOnly);
  const [busy, setBusy] = useState(false);
  const [naming, setNaming] = useState(false);
  const [refused, setRefused] = useState<{ message: string; hint: string }>();
  const [none, setNone] = useState(false);

  const during = async (act: () => Promise<unknown>) => {
    setBusy(true);
    setRefused(undefined);
    setNone(false);
    try {
      await act();
    } catch (error) {
      const { message, hint, problems } = asApiError(error);
      setRefused({ message, hint: problems.length === 0 ? hint : problems.map((one) => [one.message, one.hint].filter(Boolean).join(' ')).join('\n') });
    } finally {
      setBusy(false);
    }
  };
  const ask = (of?: SampleOf) =>
    during(async () => {
      const came = await askForSample(source, of);
      setNone(!came);
      if (came) setNaming(false);
    });

  const name = nameOf(source, i18n.language);
  return (
    <>
      <div className={styles.sample} data-has={sample !== undefined}>
        {sample === undefined ? (
          <Button block type="dashed" icon={<CloudDownloadOutlined aria-hidden="true" />} loading={busy} disabled={readOnly} title={t('sample.fetch', { name })} onClick={() => void ask()}>
            {t('sample.fetch', { name })}
          </Button>
        ) : (
          <Chosen source={source} sample={sample} busy={busy} onAgain={() => void ask()} />
        )}
        {!readOnly && <Button size="small" type="text" icon={<NumberOutlined aria-hidden="true" />} aria-expanded={naming} aria-label={t('sample.byNumber')} title={t('sample.byNumber')} onClick={() => setNaming(!naming)} />}
      </div>
      {naming && <ByNumber busy={busy} onAsk={(numbers) => void ask({ numbers })} />}
      {sample !== undefined && <Kept source={source} sample={sample} busy={busy} onDrop={() => void during(() => dropSample(source))} />}
      {refused !== undefined && <Banner tone="err" title={refused.message}>{refused.hint}</Banner>}
      {none && <Banner tone="info" title={t('sample.none')} />}
    </>
  );
}

function Chosen({ source, sample, busy, onAgain }: { source: string; sample: Sample; busy: boolean; onAgain: () => void }) {
  const { t } = useTranslation('designer');
  const readOnly = useDesigner((state) => state.readOnly);
  return (
    <>
      <Button size="small" type="text" icon={<LeftOutlined aria-hidden="true" />} aria-label={t('sample.previous')} disabled={sample.at === 0} onClick={() => pickSample(source, sample.at - 1)} />
      <span className="kz-num">{t('sample.place', { at: sample.at + 1, of: sample.items.length })}</span>
      <Button size="small" type="text" icon={<RightOutlined aria-hidden="true" />} aria-label={t('sample.next')} disabled={sample.at + 1 >= sample.items.length} onClick={() => pickSample(source, sample.at + 1)} />
      <SamplePicker source={source} sample={sample} />
      {!readOnly && <Button size="small" type="text" loading={busy} icon={<ReloadOutlined aria-hidden="true" />} aria-label={t('sample.again')} title={t('sample.again')} onClick={onAgain} />}
    </>
  );
}

function ByNumber({ busy, onAsk }: { busy: boolean; onAsk: (numbers: string[]) => void }) {
  const { t } = useTranslation('designer');
  const [text, setText] = useState('');
  const numbers = readNumbers(text);
  const able = numbers.length > 0 && numbers.length <= MOST_NUMBERS;
  return (
    <div className={styles.numbers}>
      <Input size="small" autoFocus value={text} placeholder={t('sample.numbers', { most: MOST_NUMBERS })} aria-label={t('sample.numbers', { most: MOST_NUMBERS })} onChange={(event) => setText(event.target.value)} onPressEnter={(event) => !event.nativeEvent.isComposing && able && onAsk(numbers)} />
      <Button size="small" type="primary" loading={busy} disabled={!able} onClick={() => onAsk(numbers)}>
        {t('sample.ask')}
      </Button>
    </div>
  );
}

/** Whether the sample stays with the node, and what can be done about it. */
function Kept({ source, sample, busy, onDrop }: { source: string; sample: Sample; busy: boolean; onDrop: () => void }) {
  const { t, i18n } = useTranslation('designer');
  const { toggle, pinned, stale, readOnly } = usePin(source);
  const [editing, setEditing] = useState(false);
  const whose = sample.pinned === undefined ? t('sample.onlyHere') : t('sample.keptBy', { by: sample.pinned.by, at: formatTime(sample.pinned.at, i18n.language) });
  return (
    <div className={styles.kept}>
      <p title={t('sample.business')}>
        {t(`sample.origin.${sample.origin}`)} · {whose}. {t('sample.business')}
      </p>
      {sample.refused !== undefined && <Banner tone="warn" title={sample.refused.message}>{sample.refused.hint}</Banner>}
      {stale && <p className={styles.stale}>{t('sample.staleText')}</p>}
      {!readOnly && (
        <div className={styles.keptTools}>
          <Button size="small" type="text" aria-pressed={pinned} icon={pinned ? <PushpinFilled aria-hidden="true" /> : <PushpinOutlined aria-hidden="true" />} onClick={toggle}>
            {t(pinned ? 'sample.unpin' : 'sample.pin')}
          </Button>
          <Button size="small" type="text" icon={<EditOutlined aria-hidden="true" />} onClick={() => setEditing(true)}>
            {t('sample.edit')}
          </Button>
          <Button size="small" type="text" disabled={busy} icon={<DeleteOutlined aria-hidden="true" />} onClick={onDrop}>
            {t('sample.drop')}
          </Button>
        </div>
      )}
      {editing && (
        <Suspense fallback={null}>
          <EditSample source={source} onClose={() => setEditing(false)} />
        </Suspense>
      )}
    </div>
  );
}
