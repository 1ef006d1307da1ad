import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { readNumbers } from '../../../shared/lib/numbers';
import { fromField } from '../../../shared/lib/times';
import type { Asked } from '../api';
import panel from '../../../shared/ui/Panel.module.css';
import styles from '../DryRuns.module.css';

const USUAL = 20;
const MOST = 500;

/** What is tried: how many, of which version, and from where. */
export function StartForm({ published, pending, onStart }: { published: boolean; pending: boolean; onStart: (asked: Asked) => void }) {
  const { t } = useTranslation('dryruns');
  const [count, setCount] = useState(String(USUAL));
  const [version, setVersion] = useState<Asked['version']>('draft');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [text, setText] = useState('');
  const numbers = readNumbers(text);
  const start = () => onStart({ version, count: numbers.length || Number(count), from: fromField(from), to: fromField(to), numbers: numbers.length > 0 ? numbers : undefined });
  return (
    <form
      className={`${panel.panel} ${styles.form}`}
      aria-label={t('form.label')}
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      <label>
        {t('form.count')}
        <input className={panel.field} type="number" min={1} max={MOST} required value={count} onChange={(event) => setCount(event.target.value)} />
      </label>
      <label>
        {t('form.version')}
        <select className={panel.field} value={version} onChange={(event) => setVersion(event.target.value === 'published' ? 'published' : 'draft')}>
          <option value="draft">{t('form.draft')}</option>
          {published && <option value="published">{t('form.published')}</option>}
        </select>
      </label>
      <label>
        {t('form.from')}
        <input className={panel.field} type="datetime-local" step={1} value={from} onChange={(event) => setFrom(event.target.value)} />
      </label>
      <label>
        {t('form.to')}
        <input className={panel.field} type="datetime-local" step={1} value={to} onChange={(event) => setTo(event.target.value)} />
      </label>
      <label>
        {t('form.numbers')}
        <input className={panel.field} type="text" value={text} spellCheck={false} onChange={(event) => setText(event.target.value)} />
      </label>
      <Button type="primary" htmlType="submit" loading={pending}>
        {t('form.start')}
      </Button>
      <span className={styles.note}>{t('form.range')}</span>
    </form>
  );
}
