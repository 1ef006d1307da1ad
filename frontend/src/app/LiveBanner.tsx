import { DisconnectOutlined } from '@ant-design/icons';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { StreamState } from '../shared/api/sse';
import styles from './LiveBanner.module.css';

const PATIENCE = 3000;

/** Says that what the page shows may be old. Short breaks pass in silence. */
export function LiveBanner({ state }: { state: StreamState }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  const down = state === 'reconnecting';
  useEffect(() => {
    const timer = setTimeout(() => setShown(down), down ? PATIENCE : 0);
    return () => clearTimeout(timer);
  }, [down]);
  return (
    <div role="status" className={styles.place}>
      {shown && (
        <div className={styles.banner}>
          <DisconnectOutlined aria-hidden="true" />
          {t(navigator.onLine ? 'live.reconnecting' : 'live.offline')}
        </div>
      )}
    </div>
  );
}
