import { useTranslation } from 'react-i18next';
import styles from './Markdown.module.css';
import { type Evaluated, type Member, readExample, readResult } from './example';
import { CopyButton } from './CopyButton';

/** Members that are taken over into a flow; the others are what they work on. */
const TAKEN = new Set(['rows', 'value', 'conditions']);

/** An example: what there is, what is evaluated, and what comes of it. */
export function ExampleBlock({ text }: { text: string }) {
  const { t } = useTranslation('help');
  const { members, cases } = readExample(text);
  return (
    <figure className={styles.example} aria-label={t('example.label')}>
      {members.filter(({ key }) => key !== 'result').map((member) => <Part key={`${member.key} ${member.name}`} member={member} />)}
      {cases.length > 0 && <Cases cases={cases} />}
      {members.filter(({ key }) => key === 'result').map((member) => (
        <div key="result" className={styles.part} data-key="result">
          <span className={styles.partName}>{t('example.result')}</span>
          <Result text={member.text} />
        </div>
      ))}
    </figure>
  );
}

function Part({ member: { key, name, text } }: { member: Member }) {
  const { t } = useTranslation('help');
  return (
    <div className={styles.part} data-key={key}>
      <span className={styles.partName}>{t(`example.${key}`, { name })}</span>
      <pre>{text}</pre>
      {TAKEN.has(key) && <CopyButton text={text} />}
    </div>
  );
}

function Cases({ cases }: { cases: Evaluated[] }) {
  return (
    <div>
      {cases.map(({ input, result }) => (
        <div key={input} className={styles.case}>
          <pre>{input}</pre>
          <CopyButton text={input} />
          <Result text={result} />
        </div>
      ))}
    </div>
  );
}

function Result({ text }: { text: string }) {
  const { t } = useTranslation('help');
  const { tone, detail } = readResult(text);
  return (
    <div className={styles.result} data-tone={tone}>
      {tone !== 'value' && <span className={styles.tone}>{t(`example.${tone}`)}</span>}
      {detail !== '' && <pre>{detail}</pre>}
    </div>
  );
}
