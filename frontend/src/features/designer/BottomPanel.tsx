import { CloseOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { StreamState } from '~/shared/api/sse';
import { Tabs } from '~/shared/ui/Tabs';
import { useDesigner } from './designer.store';
import styles from './DesignerPage.module.css';
import { ProblemsPanel } from './problems/ProblemsPanel';
import { RunPanel } from './run/RunPanel';

interface Props {
  stream: StreamState;
  onShow: (id: string) => void;
  onOpen: (id: string, field: string | undefined) => void;
}

/** Problems and the run, below the canvas, while one of them is wanted. */
export default function BottomPanel({ stream, onShow, onOpen }: Props) {
  const { t } = useTranslation('designer');
  const panel = useDesigner((state) => state.panel);
  const problems = useDesigner((state) => state.problems.length);
  if (panel === undefined) return null;
  return (
    <section className={styles.bottom} aria-label={t('panel.label')}>
      <Tabs
        label={t('panel.label')}
        active={panel}
        onChange={(key) => useDesigner.setState({ panel: key as 'problems' | 'run' })}
        tabs={[
          { key: 'problems', label: `${t('panel.problems')} ${problems}`, content: <ProblemsPanel onShow={onShow} onOpen={onOpen} /> },
          { key: 'run', label: t('panel.run'), content: <RunPanel stream={stream} /> },
        ]}
        extra={
          <button type="button" className={styles.close} aria-label={t('panel.close')} onClick={() => useDesigner.setState({ panel: undefined })}>
            <CloseOutlined />
          </button>
        }
      />
    </section>
  );
}
