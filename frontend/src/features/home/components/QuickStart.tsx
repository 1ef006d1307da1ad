import { CheckCircleFilled } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import panel from '../../../shared/ui/Panel.module.css';
import styles from '../Home.module.css';

const STEPS = [
  { key: 'connect', to: '/connectors?new=1' },
  { key: 'draw', to: '/flows?new=1' },
  { key: 'publish', to: '/flows' },
  { key: 'run', to: '/flows' },
] as const;

/** The way to a first green run; steps tick themselves off. */
export function QuickStart({ done }: { done: Record<(typeof STEPS)[number]['key'], boolean> }) {
  const { t } = useTranslation('home');
  const next = STEPS.find(({ key }) => !done[key])?.key;
  return (
    <section className={`${panel.panel} ${styles.start}`} aria-labelledby="home-start">
      <div className={styles.startWords}>
        <h2 id="home-start">{t('start.title')}</h2>
        <p>{t('start.text')}</p>
      </div>
      <ol className={styles.steps}>
        {STEPS.map(({ key, to }, i) => (
          <li key={key} data-done={done[key]} data-next={key === next}>
            <Link to={to}>
              <span className={styles.stepNo}>{done[key] ? <CheckCircleFilled aria-hidden="true" /> : i + 1}</span>
              <span>
                <b>{t(`start.${key}.title`)}</b>
                {done[key] && <span className="kz-sr">{t('start.done')}</span>}
                <span className={styles.note}>{t(`start.${key}.text`)}</span>
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
