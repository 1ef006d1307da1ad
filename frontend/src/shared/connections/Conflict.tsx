import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Connection, Connector } from '../api/types';
import { useText } from '../i18n/useText';
import { Banner } from '../ui/Banner';
import type { Draft } from './api';
import styles from './Connections.module.css';
import { differences } from './draft';

interface Props {
  connector: Connector;
  draft: Draft;
  theirs: Connection;
  pending: boolean;
  onTheirs: () => void;
  onMine: () => void;
}

/** Somebody else saved first: shows what they hold against what is in the form, and lets the person choose. */
export function Conflict({ connector, draft, theirs, pending, onTheirs, onMine }: Props) {
  const { t } = useTranslation('connections');
  const text = useText();
  const titleOf = (key: string) => text(connector.settings.find((setting) => setting.key === key)?.title) || key;
  const found = differences(draft, theirs);
  return (
    <Banner tone="warn" title={t('conflict.title')}>
      {found.length === 0 ? (
        <span>{t('conflict.same')}</span>
      ) : (
        <table className={styles.differences}>
          <thead>
            <tr>
              <th scope="col">{t('conflict.setting')}</th>
              <th scope="col">{t('conflict.yours')}</th>
              <th scope="col">{t('conflict.stored')}</th>
            </tr>
          </thead>
          <tbody>
            {found.map(({ key, mine, theirs: other }) => (
              <tr key={key}>
                <th scope="row">{titleOf(key)}</th>
                <td>{mine || t('conflict.none')}</td>
                <td>{other || t('conflict.none')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className={styles.choice}>
        <Button size="small" onClick={onTheirs}>
          {t('conflict.theirs')}
        </Button>
        <Button size="small" danger loading={pending} onClick={onMine}>
          {t('conflict.mine')}
        </Button>
      </div>
    </Banner>
  );
}
