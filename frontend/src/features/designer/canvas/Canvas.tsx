import { Background, BackgroundVariant, MiniMap, type NodeChange, Panel, ReactFlow, type ReactFlowProps, useReactFlow, useStore } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { type DragEvent, useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NodeDeclaration } from '~/shared/api/types';
import { useDark } from '~/shared/hooks/useDark';
import { useDialogs } from '~/shared/ui/dialogs';
import { fitsInto, spliceOf } from '~/model/edit';
import { NODE_HEIGHT, NODE_WIDTH, type Point } from '~/model/layout';
import { connect, insert, move, placesNow, select, spliceSelected } from '../actions';
import { current, useDesigner } from '../designer.store';
import { nameOf, useRefusalText } from '../useRefusalText';
import styles from './Canvas.module.css';
import { CanvasTools } from './CanvasTools';
import { EmptyCanvas } from './EmptyCanvas';
import { focusCanvas, selectFocused } from './focus';
import { FlowEdge } from './FlowEdge';
import { NodeCard } from './NodeCard';
import { useCanvasEdges, useCanvasNodes } from './useCanvasNodes';
import { fitOptions } from './useFit';
import { WireTip } from './WireTip';
import { endWire, linkUnder, refusalOf, startWire } from './wiring';

export const NODE_MIME = 'application/x-karez-node';

const NODE_TYPES = { card: NodeCard };
const EDGE_TYPES = { flow: FlowEdge };
const MINIMAP = { width: 176, height: 112 };
/** Up to here nobody needs a map. */
const SEEN_WHOLE = 12;
const MULTI = ['Meta', 'Control', 'Shift'];
const far = (state: { transform: [number, number, number] }) => state.transform[2] < 0.62;
const TONES: Record<string, string> = { read: 'var(--kz-info)', process: 'var(--kz-violet)', write: 'var(--kz-ok)' };
const toneOf = (node: { id: string }) => TONES[current().types.get(current().graph.nodes.get(node.id)?.type ?? '')?.category ?? ''] ?? 'var(--kz-text-3)';

export function Canvas({ onOpen }: { onOpen: (id: string) => void }) {
  const { t, i18n } = useTranslation('designer');
  const { toast } = useDialogs();
  const words = useRefusalText();
  const dark = useDark();
  const { screenToFlowPosition, getZoom } = useReactFlow();
  const isFar = useStore(far);
  const readOnly = useDesigner((state) => state.readOnly);
  const size = useDesigner((state) => state.graph.nodes.size);
  const wiring = useDesigner((state) => state.wiring !== undefined);
  const [start] = useState(startingView);
  const nodeLabel = useCallback((id: string) => t('canvas.nodeLabel', { name: nameOf(id, i18n.language) }), [t, i18n.language]);
  const edgeLabel = useCallback((from: string, to: string) => t('canvas.edgeLabel', { from: nameOf(from, i18n.language), to: nameOf(to, i18n.language) }), [t, i18n.language]);
  const nodes = useCanvasNodes(nodeLabel);
  const edges = useCanvasEdges(edgeLabel);

  const onNodesChange = (changes: NodeChange[]) => {
    const chosen = changes.filter((one) => one.type === 'select');
    if (chosen.length > 0) {
      const next = new Set(current().selected);
      for (const one of chosen) if (one.selected) next.add(one.id); else next.delete(one.id);
      useDesigner.setState({ selected: next });
    }
    const moves = changes.flatMap((one) => (one.type === 'position' && one.position !== undefined ? [[one.id, one.position, one.dragging === true] as const] : []));
    if (moves.length === 0 || readOnly) return;
    const { dragging } = current();
    // Arrow keys move without a drag, and presses in a row are one step; a drag is written down once, when it ends.
    if (dragging === undefined && moves.every(([, , drags]) => !drags)) move(moves.map(([id, point]) => [id, point] as const), 'nudge');
    else if (moves.some(([, , drags]) => drags)) useDesigner.setState({ dragging: new Map([...(dragging ?? []), ...moves.map(([id, point]) => [id, point] as const)]) });
  };

  const lead = (link: string | undefined) => {
    if (link !== current().spliceInto) useDesigner.setState({ spliceInto: link });
  };
  const onDrag = (event: MouseEvent | TouchEvent, id: string, at: Point, count: number) => {
    const { graph } = current();
    const pointer = 'clientX' in event ? screenToFlowPosition({ x: event.clientX, y: event.clientY }) : at;
    lead(count === 1 ? linkUnder(at, pointer, getZoom(), (link) => spliceOf(graph, link, id) !== undefined) : undefined);
  };

  const onDragStop = (id: string) => {
    const { dragging, spliceInto } = current();
    useDesigner.setState({ dragging: undefined, spliceInto: undefined });
    if (dragging === undefined) return;
    const at = dragging.get(id);
    if (spliceInto !== undefined && at !== undefined) spliceSelected(id, spliceInto, at);
    else move(dragging);
  };

  /** The edge that a card from the palette would go into, dropped here. */
  const linkAt = (event: DragEvent, declaration: NodeDeclaration) => {
    const pointer = screenToFlowPosition({ x: event.clientX, y: event.clientY });
    return linkUnder(centred(pointer), pointer, getZoom(), (link) => fitsInto(current().graph, link, declaration));
  };
  const onDrop = (event: DragEvent) => {
    const declaration = current().types.get(event.dataTransfer.getData(NODE_MIME));
    if (declaration === undefined || readOnly) return;
    event.preventDefault();
    const link = linkAt(event, declaration);
    useDesigner.setState({ carrying: undefined, spliceInto: undefined });
    if (link !== undefined) insert(declaration, { kind: 'into', link });
    else insert(declaration, { kind: 'free', at: centred(screenToFlowPosition({ x: event.clientX, y: event.clientY })) });
  };
  const onDragOver = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes(NODE_MIME)) return;
    event.preventDefault();
    const declaration = current().types.get(current().carrying ?? '');
    if (declaration !== undefined) lead(linkAt(event, declaration));
  };

  const labels = useMemo(() => ({
    'node.a11yDescription.default': t('canvas.nodeHelp'), 'node.a11yDescription.keyboardDisabled': t('canvas.nodeHelp'), 'edge.a11yDescription.default': t('canvas.edgeHelp'),
    'controls.ariaLabel': t('canvas.tools'), 'minimap.ariaLabel': t('canvas.minimap'),
    'node.a11yDescription.ariaLiveMessage': ({ x, y }: { x: number; y: number }) => t('canvas.moved', { x: Math.round(x), y: Math.round(y) }),
  }), [t]);

  return (
    <div className={`${styles.canvas} ${isFar ? 'kz-far' : ''}`} data-wiring={wiring}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        tabIndex={0}
        aria-label={t('canvas.label')}
        aria-keyshortcuts="/"
        onFocus={selectFocused}
        colorMode={dark ? 'dark' : 'light'}
        {...start}
        minZoom={0.1}
        maxZoom={2}
        connectionRadius={28}
        snapToGrid
        snapGrid={[8, 8]}
        deleteKeyCode={null}
        selectionKeyCode="Shift"
        multiSelectionKeyCode={MULTI}
        nodesConnectable={!readOnly}
        nodesDraggable={!readOnly}
        zoomOnDoubleClick={false}
        onlyRenderVisibleElements={size >= 120}
        ariaLabelConfig={labels}
        proOptions={{ hideAttribution: true }}
        onNodesChange={onNodesChange}
        onEdgesChange={(changes) => {
          const next = new Set(current().selectedLinks);
          for (const one of changes) if (one.type === 'select') { if (one.selected) next.add(one.id); else next.delete(one.id); }
          useDesigner.setState({ selectedLinks: next });
        }}
        isValidConnection={(wire) => refusalOf({ ...wire, sourceHandle: wire.sourceHandle ?? null, targetHandle: wire.targetHandle ?? null }) === undefined}
        onConnectStart={(_, params) => startWire(params)}
        onConnect={(wire) => void connect({ node: wire.source, port: wire.sourceHandle ?? '' }, { node: wire.target, port: wire.targetHandle ?? '' })}
        onConnectEnd={(event, state) => {
          const refusal = endWire(event, state, screenToFlowPosition);
          if (refusal !== undefined) toast(words(refusal), 'warn');
        }}
        onNodeDrag={(event, node, all) => onDrag(event as unknown as MouseEvent, node.id, node.position, all.length)}
        onNodeDragStop={(_, node) => onDragStop(node.id)}
        onNodeDoubleClick={(_, node) => onOpen(node.id)}
        onPaneClick={() => {
          select([]);
          focusCanvas();
        }}
        onDragOver={onDragOver}
        onDragLeave={() => lead(undefined)}
        onDrop={onDrop}
      >
        <Background variant={BackgroundVariant.Dots} gap={24} size={1.6} color="var(--kz-border-strong)" bgColor="var(--kz-bg)" />
        {size > SEEN_WHOLE && size <= 1000 && <MiniMap pannable zoomable className={styles.minimap} style={MINIMAP} nodeColor={toneOf} nodeBorderRadius={14} maskColor="color-mix(in srgb, var(--kz-bg) 70%, transparent)" bgColor="var(--kz-surface)" />}
        <Panel position="bottom-left" className={styles.tools}>
          <CanvasTools />
        </Panel>
        <WireTip />
      </ReactFlow>
      {size === 0 && <EmptyCanvas />}
    </div>
  );
}

/** The smallest size at which titles are read without effort. */
const READABLE = 0.6;
/** What stands beside the canvas, about: the rail and the palette. */
const BESIDE = 310;

/**
 * A flow is shown whole when it can be read then; a longer one from its start.
 * An empty canvas keeps its place, or it would jump when the first node comes.
 */
function startingView(): Pick<ReactFlowProps, 'fitView' | 'fitViewOptions' | 'defaultViewport'> {
  const places = [...placesNow().values()];
  if (places.length === 0) return {};
  const [left, top] = [Math.min(...places.map((at) => at.x)), Math.min(...places.map((at) => at.y))];
  const [right, bottom] = [Math.max(...places.map((at) => at.x)) + NODE_WIDTH, Math.max(...places.map((at) => at.y)) + NODE_HEIGHT];
  const [width, height] = [globalThis.innerWidth - BESIDE, globalThis.innerHeight - 112];
  if ((right - left) * READABLE < width - 96 && (bottom - top) * READABLE < height - 104) return { fitView: true, fitViewOptions: fitOptions() };
  const tall = (bottom - top) * READABLE > height;
  return { defaultViewport: { zoom: READABLE, x: 32 - left * READABLE, y: tall ? 32 - top * READABLE : height / 2 - ((top + bottom) / 2) * READABLE } };
}

const centred = (at: Point): Point => ({ x: at.x - NODE_WIDTH / 2, y: at.y - NODE_HEIGHT / 2 });
