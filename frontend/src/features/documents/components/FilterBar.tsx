import { CloseOutlined, SearchOutlined } from '@ant-design/icons';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DocumentQuery } from '../../../shared/api/types';
import type { DocumentState, Facets, FlowSummary } from '../../../shared/api/types';
import { PLACES } from '../../../shared/lib/counts';
import { formatCount } from '../../../shared/lib/format';
import { fromField, toField, zone } from '../../../shared/lib/times';
import panel from '../../../shared/ui/Panel.module.css';
import { StateTag } from '../../../shared/ui/StateTag';
import styles from '../Documents.module.css';
import { type FilterKey, toggleState } from '../model/filter';

interface Props {
  filter: DocumentQuery;
  fixedFlow: boolean;
  facets: Facets | undefined;
  flows: FlowSummary[];
  onChange: (changes: Partial<Record<FilterKey | 'attention', string>>) => void;
}

const TYPING = 400;

export function FilterBar({ filter, fixedFlow, facets, flows, onChange }: Props) {
  const { t, i18n } = useTranslation('documents');
  const chosen = (filter.state ?? '').split(',').filter(Boolean);
  const states = PLACES.filter((state) => (facets?.states[state] ?? 0) > 0 || chosen.includes(state));
  const marks: [FilterKey, string][] = (['run', 'node', 'code'] as const).flatMap((key): [FilterKey, string][] => (filter[key] === undefined ? [] : [[key, filter[key]]]));
  return (
    <>
      <div className={panel.tools} data-coach="ledger-filter">
        <NumberSearch value={filter.number ?? ''} onChange={(number) => onChange({ number })} />
        {!fixedFlow && (
          <select className={panel.field} value={filter.flow ?? ''} aria-label={t('filter.flow')} onChange={(event) => onChange({ flow: event.target.value })}>
            <option value="">{t('filter.anyFlow')}</option>
            {flows.map((flow) => (
              <option key={flow.id} value={flow.id}>
                {flow.title}
              </option>
            ))}
          </select>
        )}
        <label className={styles.check}>
          <input type="checkbox" checked={filter.attention === true} onChange={(event) => onChange({ attention: event.target.checked ? 'true' : '' })} />
          {t('filter.attention')}
        </label>
        <Span filter={filter} onChange={onChange} />
        {marks.map(([key, value]) => (
          <button key={key} type="button" className={styles.mark} onClick={() => onChange({ [key]: '' })}>
            {t(`filter.${key}`)} <code>{value}</code> <CloseOutlined aria-label={t('filter.remove')} />
          </button>
        ))}
      </div>
      {states.length > 0 && (
        <div className={styles.states} role="group" aria-label={t('filter.state')}>
          {states.map((state: DocumentState) => (
            <button key={state} type="button" aria-pressed={chosen.includes(state)} onClick={() => onChange({ state: toggleState(filter.state, state), code: '' })}>
              <StateTag of="document" state={state} count={formatCount(facets?.states[state] ?? 0, i18n.language)} />
            </button>
          ))}
        </div>
      )}
    </>
  );
}

/** When documents changed last, in the reader's zone. */
function Span({ filter, onChange }: Pick<Props, 'filter' | 'onChange'>) {
  const { t } = useTranslation('documents');
  return (
    <div className={styles.span} role="group" aria-label={t('filter.updated')} title={t('filter.zone', { zone: zone() })}>
      <span aria-hidden="true">{t('filter.updated')}</span>
      <Moment label={t('filter.updatedFrom')} value={filter.updatedFrom} onChange={(updatedFrom) => onChange({ updatedFrom })} />
      <span aria-hidden="true">–</span>
      <Moment label={t('filter.updatedTo')} value={filter.updatedTo} onChange={(updatedTo) => onChange({ updatedTo })} />
    </div>
  );
}

interface MomentProps {
  label: string;
  value: string | undefined;
  onChange: (value: string) => void;
}

/** A moment counts when the person leaves the field or presses Enter: half a year is none. */
function Moment({ label, value, onChange }: MomentProps) {
  const known = toField(value);
  const [text, setText] = useState(known);
  const [seen, setSeen] = useState(known);
  if (seen !== known) {
    setSeen(known);
    setText(known);
  }
  const done = () => {
    if (text !== known) onChange(fromField(text) ?? '');
  };
  return (
    <input
      type="datetime-local"
      className={panel.field}
      aria-label={label}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === 'Enter') done();
      }}
    />
  );
}

/** Follows the address, but lets a person type in peace. */
function NumberSearch({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation('documents');
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  if (seen !== value) {
    setSeen(value);
    setText(value);
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  const send = (next: string, wait: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChange(next.trim()), wait);
  };
  return (
    <label className={panel.search}>
      <SearchOutlined aria-hidden="true" />
      <input
        type="search"
        value={text}
        placeholder={t('filter.numberHint')}
        title={t('filter.numberTitle')}
        aria-label={t('filter.number')}
        onChange={(event) => {
          setText(event.target.value);
          // While an input method composes, the text is not yet what is meant.
          if (!(event.nativeEvent as InputEvent).isComposing) send(event.target.value, TYPING);
        }}
        onCompositionEnd={(event) => send(event.currentTarget.value, TYPING)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.nativeEvent.isComposing) send(text, 0);
        }}
      />
    </label>
  );
}
