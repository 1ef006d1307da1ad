import { Input, InputNumber, Modal, Select } from 'antd';
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Json } from '~/shared/api/types';
import { type FlowDocument, setFlowTitle, titleOf } from '~/model/document';
import { DEFAULTS, flowSettings, PRIORITIES, setFlowSetting, timezoneOf } from '~/model/flowSettings';
import { change } from '../actions';
import { documentNow, useDesigner } from '../designer.store';
import { Params } from './Params';
import styles from './Settings.module.css';
import { Triggers } from './Triggers';
import { useFlowProblems } from './useFlowProblems';

const close = () => useDesigner.setState({ dialog: undefined, dialogField: undefined });

/** Zones that many flows have stand first. */
const COMMON = ['Asia/Shanghai', 'Asia/Hong_Kong', 'Asia/Tokyo', 'Asia/Singapore', 'Europe/London', 'America/New_York', 'UTC'];

/** What is asked of the flow as a whole. Every change is a step of the draft, as one on the canvas is. */
export default function SettingsDialog() {
  const { t } = useTranslation('designer');
  const doc = useDesigner((state) => state.history.present);
  const flowTitle = useDesigner((state) => state.flow.title);
  const readOnly = useDesigner((state) => state.readOnly);
  const field = useDesigner((state) => state.dialogField);
  const problems = useFlowProblems();
  const box = useRef<HTMLDivElement>(null);
  const settings = flowSettings(doc);
  const zones = useMemo(() => [...new Set([...COMMON, ...Intl.supportedValuesOf('timeZone')])].map((value) => ({ value, label: value })), []);
  const put = (next: FlowDocument, about: string) => change(next, `settings.${about}`);
  const set = (key: string, value: Json | undefined) => put(setFlowSetting(documentNow(), key, value), key);

  // A problem that was clicked brings its field into sight.
  useEffect(() => {
    if (field === undefined) return;
    const frame = requestAnimationFrame(() => {
      const places = [...(box.current?.querySelectorAll<HTMLElement>('[data-path]') ?? [])];
      const at = places.filter((place) => field.startsWith(place.dataset.path ?? ' ')).sort((a, b) => (b.dataset.path ?? '').length - (a.dataset.path ?? '').length)[0];
      at?.scrollIntoView({ block: 'center' });
      at?.querySelector<HTMLElement>('input')?.focus();
    });
    return () => cancelAnimationFrame(frame);
  }, [field]);

  return (
    <Modal open width={760} title={t('settings.title')} footer={null} onCancel={close} styles={{ body: { maxHeight: '72vh', overflow: 'auto' } }}>
      <div className={styles.stack} ref={box}>
        <Labelled label={t('settings.name')} path="metadata.title" problems={problems}>
          {(id, status) => <Input id={id} status={status} value={titleOf(doc)} placeholder={flowTitle} disabled={readOnly} maxLength={200} spellCheck={false} onChange={(event) => put(setFlowTitle(documentNow(), event.target.value), 'title')} />}
        </Labelled>
        <div className={styles.grid}>
          <Labelled label={t('settings.timezone')} path="spec.settings.timezone" problems={problems}>
            {(id, status) => <Select id={id} status={status} showSearch value={timezoneOf(doc)} options={zones} disabled={readOnly} onChange={(value: string) => set('timezone', value)} />}
          </Labelled>
          <Labelled label={t('settings.priority')} path="spec.settings.priority" problems={problems}>
            {(id, status) => <Select id={id} status={status} value={textOf(settings.priority) || DEFAULTS.priority} options={PRIORITIES.map((value) => ({ value, label: t(`settings.priorities.${value}`) }))} disabled={readOnly} onChange={(value: string) => set('priority', value)} />}
          </Labelled>
          <Labelled label={t('settings.concurrency')} path="spec.settings.concurrency" problems={problems}>
            {(id, status) => <InputNumber id={id} status={status} className={styles.wide} precision={0} value={Number(settings.concurrency ?? DEFAULTS.concurrency)} disabled={readOnly} onChange={(value) => set('concurrency', value ?? undefined)} />}
          </Labelled>
        </div>
        <Triggers problems={problems} />
        <Params problems={problems} />
      </div>
    </Modal>
  );
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

interface LabelledProps {
  label: string;
  path: string;
  problems: ReadonlyMap<string, string>;
  children: (id: string, status: 'error' | undefined) => ReactNode;
}

function Labelled({ label, path, problems, children }: LabelledProps) {
  const id = `set-${path.replace(/[^a-z]+/gi, '-')}`;
  const problem = problems.get(path);
  return (
    <div className={styles.field} data-path={path}>
      <label htmlFor={id}>{label}</label>
      {children(id, problem === undefined ? undefined : 'error')}
      {problem !== undefined && (
        <p className={styles.error} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
