import { BorderOuterOutlined, ClusterOutlined, MinusOutlined, PlusOutlined } from '@ant-design/icons';
import { useReactFlow, useStore } from '@xyflow/react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useDesigner } from '../designer.store';
import styles from './CanvasTools.module.css';
import { motion, useFit } from './useFit';
import { useTidy } from './useTidy';

const percent = (state: { transform: [number, number, number] }) => Math.round(state.transform[2] * 100);

/** Zoom, fit and tidy, in the lower left corner. */
export function CanvasTools() {
  const { t } = useTranslation('designer');
  const { zoomIn, zoomOut, zoomTo } = useReactFlow();
  const zoom = useStore(percent);
  const readOnly = useDesigner((state) => state.readOnly);
  const fit = useFit();
  const tidy = useTidy();
  return (
    <div className={styles.tools} role="toolbar" aria-label={t('canvas.tools')}>
      <Tool name={t('canvas.zoomOut')} keys="-" onClick={() => void zoomOut()} icon={<MinusOutlined aria-hidden="true" />} />
      <button type="button" className={`${styles.zoom} kz-num`} title={t('canvas.zoomReset')} onClick={() => void zoomTo(1, { duration: motion(150) })}>
        {zoom}%
      </button>
      <Tool name={t('canvas.zoomIn')} keys="+" onClick={() => void zoomIn()} icon={<PlusOutlined aria-hidden="true" />} />
      <Tool name={t('canvas.fit')} keys="1" onClick={fit} icon={<BorderOuterOutlined aria-hidden="true" />} />
      {!readOnly && <Tool name={t('canvas.tidy')} keys="Shift+Alt+T" onClick={() => void tidy()} icon={<ClusterOutlined aria-hidden="true" />} />}
    </div>
  );
}

function Tool({ name, keys, icon, onClick }: { name: string; keys: string; icon: ReactNode; onClick: () => void }) {
  return (
    <button type="button" className={styles.tool} aria-label={name} title={`${name} (${keys})`} onClick={onClick}>
      {icon}
    </button>
  );
}
