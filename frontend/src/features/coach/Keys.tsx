import { useTranslation } from 'react-i18next';
import { useGuides } from '~/shared/lib/guides.store';
import { Dialog } from '~/shared/ui/Dialog';
import styles from './Coach.module.css';

const ANYWHERE = [['find', 'Ctrl+K'], ['keys', '?'], ['close', 'Esc']] as const;
const LEDGER = [['row', '↑', '↓'], ['jump', 'PageUp', 'PageDown'], ['open', 'Enter'], ['mark', 'Space']] as const;

/** The keys that work on a page. The designer's own are told there. */
export default function Keys({ ledger }: { ledger: boolean }) {
  const { t } = useTranslation('coach');
  const close = () => useGuides.setState({ keys: false });
  return (
    <Dialog title={t('keys.title')} submit={t('common:action.close')} onClose={close} onSubmit={close}>
      <dl className={styles.keys}>
        {[...ANYWHERE, ...(ledger ? LEDGER : [])].map(([name, ...keys]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(`keys.${name}`)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
