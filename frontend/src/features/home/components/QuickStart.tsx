import { CheckCircleFilled, CloseOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import panel from '../../../shared/ui/Panel.module.css';
import type { stepsOf } from '../model/needs';
import styles from '../Home.module.css';

interface Props {
  steps: ReturnType<typeof stepsOf>;
  onHide: () => void;
}

/** The way of a new instance to its first delivered document; steps tick themselves off. */
export function QuickStart({ steps, onHide }: Props) {
  const { t } = useTranslation('home');
  const next = steps.find(({ done }) => !done)?.key;
  const made = steps.filter(({ done }) => done).length;
  return (
    <section className={`${panel.panel} ${styles.start}`} aria-labelledby="home-start">
      <div className={styles.startWords}>
        <h2 id="home-start">{t('start.title')}</h2>
        <p>{t(next === undefined ? 'start.over' : 'start.text')}</p>
        <p role="status">{t('start.progress', { made, of: steps.length })}</p>
        <Button size="small" icon={<CloseOutlined aria-hidden="true" />} onClick={onHide}>
          {t('start.hide')}
        </Button>
      </div>
      <ol className={styles.steps}>
        {steps.map(({ key, done, to }, i) => (
          <li key={key} data-done={done} data-next={key === next} data-step={key}>
            <Link to={to}>
              <span className={styles.stepNo}>{done ? <CheckCircleFilled aria-hidden="true" /> : i + 1}</span>
              <span>
                <b>{t(`start.${key}.title`)}</b>
                {done && <span className="kz-sr">{t('start.done')}</span>}
                <span className={styles.note}>{t(`start.${key}.text`)}</span>
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
