import { QuestionCircleOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import styles from './HelpLink.module.css';

/** Leads to a page of the reference, or to a section of it: node-map, language#conditions. */
export function HelpLink({ to, title }: { to: string; title: string }) {
  const { t } = useTranslation();
  const label = t('help.about', { title });
  // A tab of its own: what is being written stays as it is.
  return (
    <a className={styles.link} href={`/help/${to}`} target="_blank" rel="noreferrer" aria-label={label} title={label}>
      <QuestionCircleOutlined aria-hidden="true" />
    </a>
  );
}
