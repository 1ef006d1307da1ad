import { useTranslation } from 'react-i18next';
import { SURE } from '../../../model/automatch';
import { flatLines, isPlain } from '../../../model/mapping';
import { useText } from '../../../shared/i18n/useText';
import panel from '../../../shared/ui/Panel.module.css';
import type { match } from '../model/sketch';
import styles from '../NewFlow.module.css';

interface Props {
  matched: ReturnType<typeof match>;
  left: string[];
  values: Record<string, string>;
  onChange: (part: { left?: string[]; values?: Record<string, string> }) => void;
}

/** What of the source fits the target's fields, each to be taken or left; the rest is filled on the canvas. */
export function MatchStep({ matched: { lines, found }, left, values, onChange }: Props) {
  const { t } = useTranslation('newflow');
  const text = useText();
  const all = flatLines(lines).filter((line) => found.has(line.id) || line.required);
  const required = all.filter((line) => line.required && line.type !== 'object');
  const filled = required.filter((line) => (found.has(line.id) ? !left.includes(line.id) : (values[line.id] ?? '') !== ''));
  return (
    <>
      <p role="status">{t('required', { filled: filled.length, count: required.length })}</p>
      <div className={panel.scroll} tabIndex={0} role="region" aria-label={t('step.match')}>
        <table className={panel.table} aria-label={t('step.match')}>
          <thead>
            <tr>
              <th scope="col">{t('take')}</th>
              <th scope="col">{t('field')}</th>
              <th scope="col">{t('value')}</th>
            </tr>
          </thead>
          <tbody>
            {all.map((line) => {
              const best = found.get(line.id)?.[0];
              const name = [line.field, text(line.title)].filter(Boolean).join(' ');
              return (
                <tr key={line.id}>
                  <td>
                    {best !== undefined && (
                      <input
                        type="checkbox" aria-label={name} checked={!left.includes(line.id)}
                        onChange={(event) => onChange({ left: event.target.checked ? left.filter((one) => one !== line.id) : [...left, line.id] })}
                      />
                    )}
                  </td>
                  <td style={{ paddingInlineStart: `${String(line.depth * 20 + 16)}px` }}>
                    <code>{line.field}</code> {text(line.title)} {line.required && <b aria-label={t('needed')}>*</b>}
                  </td>
                  <td>
                    {best !== undefined ? (
                      <>
                        <code>{best.value}</code> {best.score < SURE && <em className={styles.later}>{t('unsure')}</em>}
                      </>
                    ) : isPlain(line) ? (
                      <input
                        className={panel.field} aria-label={t('valueOf', { name })} placeholder={line.declared?.default ?? t('later')} value={values[line.id] ?? ''} spellCheck={false}
                        onChange={(event) => onChange({ values: { ...values, [line.id]: event.target.value } })}
                      />
                    ) : (
                      <span className={styles.later}>{t('later')}</span>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </>
  );
}
