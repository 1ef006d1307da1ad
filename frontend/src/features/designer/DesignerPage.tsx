import { ReactFlowProvider } from '@xyflow/react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { useParams, useSearchParams } from 'react-router';
import { useConnections, useConnectors, useDeclarations } from '~/shared/api/catalog';
import { keys } from '~/shared/api/keys';
import { useMay } from '~/shared/api/session';
import { PageSkeleton } from '~/shared/ui/PageSkeleton';
import { Trouble } from '~/shared/ui/Trouble';
import { getFlow, getVersion } from './api';
import { Designer } from './Designer';
import { emptyState, open, useDesigner } from './designer.store';
import { loadPins } from './nodeEditor/pins';

/** The designer of one flow: loads what it is made of and opens it. An old version is only looked at. */
export default function DesignerPage() {
  const { flowId = '' } = useParams();
  const [params] = useSearchParams();
  const version = /^[1-9]\d*$/.test(params.get('version') ?? '') ? Number(params.get('version')) : 0;
  const mayEdit = useMay('edit');
  const declarations = useDeclarations();
  const connections = useConnections();
  const connectors = useConnectors();
  // The draft is held by the store while the page is open; a refetch must not replace it.
  const flow = useQuery({ queryKey: [...keys.flow(flowId), 'draft', version], queryFn: ({ signal }) => (version === 0 ? getFlow(flowId, signal) : getVersion(flowId, version, signal)), staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false });
  const types = useMemo(() => (declarations.data === undefined ? undefined : new Map(declarations.data.map((one) => [one.type, one]))), [declarations.data]);
  const opened = useDesigner((state) => state.ready && state.flow.id === flowId && state.version === version);

  useEffect(() => {
    const { flow: shown, version: of } = useDesigner.getState();
    if (flow.data === undefined || types === undefined || (flow.data.id === shown.id && of === version)) return;
    open(flow.data, types, version > 0 || !mayEdit);
    useDesigner.setState({ version });
  }, [flow.data, types, mayEdit, version]);
  useEffect(() => useDesigner.setState({ connections: connections.data, connectors: connectors.data }), [connections.data, connectors.data]);
  useEffect(() => () => useDesigner.setState(emptyState()), [flowId, version]);
  useEffect(() => {
    if (!opened) return;
    const leave = new AbortController();
    // Without them the flow is drawn all the same, and samples are taken again.
    loadPins(flowId, leave.signal).catch(() => undefined);
    return () => leave.abort();
  }, [opened, flowId]);

  if (opened) {
    return (
      <ReactFlowProvider key={`${flowId} ${version}`}>
        <Designer />
      </ReactFlowProvider>
    );
  }
  const error = flow.error ?? declarations.error;
  if (error !== null) return <Trouble error={error} onRetry={() => void Promise.all([flow.refetch(), declarations.refetch()])} />;
  return <PageSkeleton />;
}
