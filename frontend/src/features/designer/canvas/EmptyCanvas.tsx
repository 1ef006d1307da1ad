import { AppstoreOutlined, BranchesOutlined, ImportOutlined, PlusCircleOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { startChain } from '../actions';
import { current, useDesigner } from '../designer.store';
import styles from './EmptyCanvas.module.css';
import { pressedAt } from './focus';
import { useFit } from './useFit';

/** The first nodes of most flows, by what they do and not by their names. */
const CHAIN = ['window', 'paginate', 'source', undefined, 'target', 'writeback'] as const;

/** What to do with a flow that has no nodes. */
export function EmptyCanvas() {
  const { t } = useTranslation('designer');
  const fit = useFit();
  const readOnly = useDesigner((state) => state.readOnly);
  if (readOnly) return null;
  const all = () => [...current().types.values()];
  const begin = () => {
    startChain(CHAIN.flatMap((role) => all().find((one) => (role === undefined ? one.settings.some((setting) => setting.kind === 'mapping') : one.role === role)) ?? []));
    fit();
  };
  return (
    <div className={styles.box}>
      <h2 className={styles.title}>{t('empty.title')}</h2>
      <div className={styles.cards}>
        <button type="button" className={styles.card} onClick={begin}>
          <BranchesOutlined aria-hidden="true" />
          <b>{t('empty.chain')}</b>
          <span>{t('empty.chainText')}</span>
        </button>
        <button type="button" className={styles.card} onClick={(event) => useDesigner.setState({ picking: { for: { kind: 'free', at: { x: 0, y: 0 } }, screen: pressedAt(event) } })}>
          <PlusCircleOutlined aria-hidden="true" />
          <b>{t('empty.blank')}</b>
          <span>{t('empty.blankText')}</span>
        </button>
        <Link to="/flows" className={styles.card}>
          <AppstoreOutlined aria-hidden="true" />
          <b>{t('empty.copy')}</b>
          <span>{t('empty.copyText')}</span>
        </Link>
        <Link to="/flows/import" className={styles.card}>
          <ImportOutlined aria-hidden="true" />
          <b>{t('empty.import')}</b>
          <span>{t('empty.importText')}</span>
        </Link>
      </div>
    </div>
  );
}
