import { CloseOutlined, SearchOutlined } from '@ant-design/icons';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DocumentQuery } from '../../../shared/api/types';
import type { DocumentState, Facets, FlowSummary } from '../../../shared/api/types';
import { PLACES } from '../../../shared/lib/counts';
import { formatCount } from '../../../shared/lib/format';
import { zone } from '../../../shared/lib/times';
import panel from '../../../shared/ui/Panel.module.css';
import { StateTag } from '../../../shared/ui/StateTag';
import styles from '../Documents.module.css';
import { type Change, type FilterKey, PERIODS, toggleState } from '../model/filter';
import { Moment } from './Moment';

interface Props {
  filter: DocumentQuery;
  fixedFlow: boolean;
  facets: Facets | undefined;
  flows: FlowSummary[];
  period: string;
  onChange: (changes: Change) => void;
}

const TYPING = 400;

export function FilterBar({ filter, fixedFlow, facets, flows, period, onChange }: Props) {
  const { t, i18n } = useTranslation('documents');
  const chosen = (filter.state ?? '').split(',').filter(Boolean);
  const states = PLACES.filter((state) => (facets?.states[state] ?? 0) > 0 || chosen.includes(state));
  const marks: [FilterKey, string][] = (['run', 'node', 'code'] as const).flatMap((key): [FilterKey, string][] => (filter[key] === undefined ? [] : [[key, filter[key]]]));
  return (
    <>
      <div className={panel.tools} data-coach="ledger-filter">
        <NumberSearch value={filter.number ?? ''} onChange={(number) => onChange({ number })} />
        {!fixedFlow && (
          <select className={panel.field} value={filter.flow ?? ''} aria-label={t('filter.flow')} onChange={(event) => onChange({ flow: event.target.value, columns: '' })}>
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
        <Span filter={filter} period={period} onChange={onChange} />
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
function Span({ filter, period, onChange }: Pick<Props, 'filter' | 'period' | 'onChange'>) {
  const { t } = useTranslation('documents');
  // A time that a person writes fixes the other end of a period as well.
  const fix = (end: Change) => onChange({ ...(period === '' ? {} : { period: '', updatedFrom: filter.updatedFrom ?? '', updatedTo: filter.updatedTo ?? '' }), ...end });
  return (
    <div className={styles.span} role="group" aria-label={t('filter.updated')} title={t('filter.zone', { zone: zone() })}>
      <span aria-hidden="true">{t('filter.updated')}</span>
      <select className={panel.field} aria-label={t('filter.period')} value={period} onChange={(event) => onChange({ period: event.target.value, updatedFrom: '', updatedTo: '' })}>
        <option value="">{t('filter.anyTime')}</option>
        {PERIODS.map((one) => (
          <option key={one} value={one}>
            {t(`filter.periods.${one}`)}
          </option>
        ))}
      </select>
      <Moment label={t('filter.updatedFrom')} value={filter.updatedFrom} onChange={(updatedFrom) => fix({ updatedFrom })} />
      <span aria-hidden="true">–</span>
      <Moment label={t('filter.updatedTo')} value={filter.updatedTo} onChange={(updatedTo) => fix({ updatedTo })} />
    </div>
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
