import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import panel from '../../../shared/ui/Panel.module.css';
import styles from '../Market.module.css';

interface Props {
  flows: { id: string; title: string }[];
  chosen: string[];
  onChange: (chosen: string[]) => void;
}

/** So many flows are seen at a glance; more are searched. */
const FEW = 8;

/** Flows to tick; those that are ticked stay in sight whatever is searched. */
export function FlowChoice({ flows, chosen, onChange }: Props) {
  const { t } = useTranslation('market');
  const [q, setQ] = useState('');
  const word = q.trim().toLowerCase();
  const shown = flows.filter(({ id, title }) => chosen.includes(id) || title.toLowerCase().includes(word));
  return (
    <>
      {flows.length > FEW && <input type="search" className={panel.field} value={q} placeholder={t('publish.find')} aria-label={t('publish.find')} onChange={(event) => setQ(event.target.value)} />}
      <ul className={styles.choices}>
        {shown.map(({ id, title }) => (
          <li key={id}>
            <label>
              <input type="checkbox" checked={chosen.includes(id)} onChange={(event) => onChange(event.target.checked ? [...chosen, id] : chosen.filter((one) => one !== id))} /> {title}
            </label>
          </li>
        ))}
      </ul>
    </>
  );
}
