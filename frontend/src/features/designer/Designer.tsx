import { useReactFlow, useStore } from '@xyflow/react';
import { lazy, useCallback, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate, useParams } from 'react-router';
import { Later } from '~/shared/ui/Later';
import { NODE_HEIGHT, NODE_WIDTH } from '~/model/layout';
import { placesNow, select } from './actions';
import { Canvas } from './canvas/Canvas';
import { motion, useFit } from './canvas/useFit';
import { Choice } from './Choice';
import { useDesigner } from './designer.store';
import styles from './DesignerPage.module.css';
import { Palette } from './palette/Palette';
import { Picker } from './palette/Picker';
import { useNamedRun, useRunButton, useRunStream } from './run/useRun';
import { Toolbar } from './toolbar/Toolbar';
import { saveNow, useAutosave } from './useAutosave';
import { useLeaveGuard } from './useLeaveGuard';
import { useShortcuts } from './useShortcuts';

// The editor brings the form and the mapping; it comes when a node is first opened.
const NodeEditor = lazy(() => import('./nodeEditor/NodeEditor'));
// Neither is on the first screen.
const BottomPanel = lazy(() => import('./BottomPanel'));
const Outline = lazy(() => import('./outline/Outline'));
const Dialogs = lazy(() => import('./dialogs/Dialogs'));

const heightOf = (state: { height: number }) => state.height;

/** The open flow: toolbar, palette, canvas, panels, and the node editor over them. */
export function Designer() {
  const { t } = useTranslation('designer');
  const { flowId = '', '*': rest = '' } = useParams();
  const navigate = useNavigate();
  const location = useLocation();
  const { setCenter, getZoom } = useReactFlow();
  const fit = useFit();
  const readOnly = useDesigner((state) => state.readOnly);
  const side = useDesigner((state) => state.side);
  const openId = useDesigner((state) => (rest !== '' && state.graph.nodes.has(rest) ? rest : undefined));
  const dialogs = useDesigner((state) => state.dialog !== undefined || state.save === 'conflict');
  const stream = useRunStream();
  useNamedRun();
  const run = useRunButton();
  useAutosave();
  useLeaveGuard(flowId);

  const openNode = useCallback((id: string, field?: string) => {
    select([id]);
    void navigate(`/flows/${flowId}/design/${encodeURIComponent(id)}`, { state: { field } });
  }, [navigate, flowId]);
  const closeNode = useCallback(() => void navigate(`/flows/${flowId}/design`), [navigate, flowId]);
  const show = useCallback((id: string) => {
    select([id]);
    const at = placesNow().get(id);
    if (at !== undefined) void setCenter(at.x + NODE_WIDTH / 2, at.y + NODE_HEIGHT / 2, { zoom: Math.max(0.8, getZoom()), duration: motion(200) });
  }, [setCenter, getZoom]);

  useShortcuts(openId === undefined, { onOpen: openNode, onRun: () => void run(), onRename: (id) => openNode(id, 'title') });

  // The panel takes a third of the canvas: what was in sight must stay so.
  const height = useStore(heightOf);
  const tall = useRef(0);
  const panelOpen = useDesigner((state) => state.panel !== undefined);
  useEffect(() => {
    if (!panelOpen) tall.current = height;
    else if (height < tall.current) {
      tall.current = 0;
      fit();
    }
  }, [panelOpen, height, fit]);

  // The node that was looked at has the focus again when its sheet closes.
  const last = useRef<string>(undefined);
  useEffect(() => {
    if (openId === undefined && last.current !== undefined) document.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(last.current)}"]`)?.focus();
    last.current = openId;
  }, [openId]);

  return (
    <div className={styles.page}>
      <Toolbar />
      <div className={styles.body}>
        <aside className={styles.side} data-coach="designer-palette" aria-label={t('side.label')} inert={openId !== undefined}>
          {!readOnly && (
            <div className={styles.sideTabs}>
              <Choice label={t('side.label')} value={side} options={[{ value: 'palette', label: t('side.palette') }, { value: 'outline', label: t('side.outline') }]} onChange={(value) => useDesigner.setState({ side: value })} />
            </div>
          )}
          {side === 'outline' || readOnly ? <Later before={saveNow}><Outline onOpen={openNode} onShow={show} /></Later> : <Palette />}
        </aside>
        <div className={styles.centre} data-coach="designer-canvas" inert={openId !== undefined}>
          <Canvas onOpen={openNode} />
          {panelOpen && (
            <Later before={saveNow}>
              <BottomPanel stream={stream} onShow={show} onOpen={openNode} />
            </Later>
          )}
        </div>
        {openId !== undefined && (
          <Later before={saveNow} onClose={closeNode}>
            <NodeEditor key={openId} id={openId} field={(location.state as { field?: string } | null)?.field} onClose={closeNode} onGo={openNode} />
          </Later>
        )}
      </div>
      <Picker />
      {dialogs && (
        <Later before={saveNow} onClose={() => useDesigner.setState({ dialog: undefined })}>
          <Dialogs />
        </Later>
      )}
    </div>
  );
}
