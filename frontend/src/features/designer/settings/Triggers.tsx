import { ClockCircleOutlined, DeleteOutlined, LinkOutlined, PlayCircleOutlined, QuestionCircleOutlined } from '@ant-design/icons';
import { Button, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { useFlows } from '~/shared/api/flowNames';
import type { Json } from '~/shared/api/types';
import { isObject } from '~/model/document';
import { addTrigger, removeTrigger, setAfter, setSchedule, timezoneOf, type TriggerKind, triggerKind, triggersOf, waitsFor } from '~/model/flowSettings';
import { change } from '../actions';
import { documentNow, useDesigner } from '../designer.store';
import { CronEditor } from './CronEditor';
import styles from './Settings.module.css';

const ICONS: Record<TriggerKind, typeof ClockCircleOutlined> = { schedule: ClockCircleOutlined, after: LinkOutlined, manual: PlayCircleOutlined };
const KINDS: TriggerKind[] = ['schedule', 'after', 'manual'];

/** What starts the flow. */
export function Triggers({ problems }: { problems: ReadonlyMap<string, string> }) {
  const { t } = useTranslation('designer');
  const doc = useDesigner((state) => state.history.present);
  const readOnly = useDesigner((state) => state.readOnly);
  const triggers = triggersOf(doc);
  const manual = triggers.some((one) => triggerKind(one) === 'manual');
  return (
    <section className={styles.section} aria-label={t('settings.triggers')} data-path="spec.triggers">
      <h3>{t('settings.triggers')}</h3>
      {triggers.length === 0 && <p className={styles.quiet}>{t('settings.noTriggers')}</p>}
      <ul className={styles.list}>
        {triggers.map((trigger, i) => (
          <TriggerRow key={i} trigger={trigger} index={i} timezone={timezoneOf(doc)} problems={problems} readOnly={readOnly} />
        ))}
      </ul>
      {!readOnly && (
        <div className={styles.adds}>
          {KINDS.map((kind) => {
            const Icon = ICONS[kind];
            return (
              <Button key={kind} size="small" type="dashed" icon={<Icon aria-hidden="true" />} disabled={kind === 'manual' && manual} onClick={() => change(addTrigger(documentNow(), kind))}>
                {t(`settings.add.${kind}`)}
              </Button>
            );
          })}
        </div>
      )}
    </section>
  );
}

interface RowProps {
  trigger: Json;
  index: number;
  timezone: string;
  problems: ReadonlyMap<string, string>;
  readOnly: boolean;
}

function TriggerRow({ trigger, index, timezone, problems, readOnly }: RowProps) {
  const { t } = useTranslation('designer');
  const kind = triggerKind(trigger);
  const path = `spec.triggers[${index}]`;
  const found = [...problems].filter(([at]) => at === path || at.startsWith(`${path}.`)).map(([, message]) => message);
  const name = kind === undefined ? t('settings.unknownTrigger') : t(`settings.kind.${kind}`);
  const Icon = kind === undefined ? QuestionCircleOutlined : ICONS[kind];
  return (
    <li className={styles.entry} data-path={path}>
      <span className={styles.kind}>
        <Icon aria-hidden="true" /> {name}
      </span>
      <div className={styles.grow}>
        {kind === 'schedule' && isObject(trigger) && (
          <CronEditor value={String(trigger.schedule)} timezone={timezone} disabled={readOnly} invalid={found.length > 0} onChange={(value) => change(setSchedule(documentNow(), index, value), `trigger.${index}`)} />
        )}
        {kind === 'after' && <AfterSelect trigger={trigger} index={index} disabled={readOnly} invalid={found.length > 0} />}
        {kind === 'manual' && <p className={styles.quiet}>{t('settings.manualText')}</p>}
        {kind === undefined && <code className={styles.quiet}>{JSON.stringify(trigger)}</code>}
        {found.map((message) => (
          <p key={message} className={styles.error} role="alert">
            {message}
          </p>
        ))}
      </div>
      {!readOnly && <Button type="text" size="small" icon={<DeleteOutlined aria-hidden="true" />} aria-label={t('settings.remove', { name })} onClick={() => change(removeTrigger(documentNow(), index))} />}
    </li>
  );
}

/** The flows that must have finished; the draft names them by alias. */
function AfterSelect({ trigger, index, disabled, invalid }: { trigger: Json; index: number; disabled: boolean; invalid: boolean }) {
  const { t } = useTranslation('designer');
  const doc = useDesigner((state) => state.history.present);
  const own = useDesigner((state) => state.flow.id);
  const flows = useFlows();
  const others = (flows.data ?? []).filter((flow) => flow.id !== own).map(({ id, name, title }) => ({ id, name: name ?? '', title: title ?? '' }));
  const chosen = waitsFor(doc, trigger).map(({ alias, flow }) => flow || alias);
  // What cannot be found any more is still shown and can be taken out.
  const lost = chosen.filter((one) => !others.some((flow) => flow.id === one)).map((value) => ({ value, label: value }));
  return (
    <Select
      mode="multiple"
      className={styles.wide}
      aria-label={t('settings.afterFlows')}
      status={invalid ? 'error' : undefined}
      value={chosen}
      disabled={disabled}
      loading={flows.isPending}
      placeholder={t('settings.afterFlows')}
      optionFilterProp="label"
      options={[...others.map((flow) => ({ value: flow.id, label: flow.title || flow.name })), ...lost]}
      onChange={(next: string[]) => change(setAfter(documentNow(), index, next, others))}
    />
  );
}
