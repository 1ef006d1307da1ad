import { type ComponentType, lazy } from 'react';
import { createBrowserRouter, Navigate, type RouteObject, useParams } from 'react-router';
import { PageFrame } from './PageFrame';
import { RequireSession } from './RequireSession';
import { Shell } from './Shell';

const page = (load: () => Promise<{ default: ComponentType }>) => {
  const Page = lazy(load);
  return (
    <PageFrame>
      <Page />
    </PageFrame>
  );
};

function ToOverview() {
  const { flowId } = useParams();
  return <Navigate to={`/flows/${flowId}/overview`} replace />;
}

export const routes: RouteObject[] = [
  { path: '/login', element: page(() => import('../features/auth/LoginPage')) },
  { path: '/setup', element: page(() => import('../features/auth/SetupPage')) },
  {
    element: (
      <RequireSession>
        <Shell />
      </RequireSession>
    ),
    children: [
      { path: '/', element: page(() => import('../features/home/HomePage')) },
      { path: '/flows', element: page(() => import('../features/flows/FlowsPage')) },
      { path: '/flows/new', element: page(() => import('../features/newflow/NewFlowPage')) },
      { path: '/flows/import', element: page(() => import('../features/flows/ImportPage')) },
      { path: '/flows/:flowId', element: <ToOverview /> },
      // One element for both, so that opening a node does not remount the canvas.
      { path: '/flows/:flowId/design/*', element: page(() => import('../features/designer/DesignerPage')), handle: { bleed: true } },
      { path: '/flows/:flowId/overview', element: page(() => import('../features/flowhome/OverviewPage')) },
      { path: '/flows/:flowId/queue', element: page(() => import('../features/flowhome/QueuePage')) },
      { path: '/flows/:flowId/dry-run', element: page(() => import('../features/dryruns/DryRunPage')) },
      { path: '/flows/:flowId/runs', element: page(() => import('../features/runs/RunsPage')) },
      { path: '/flows/:flowId/docs', element: page(() => import('../features/documents/DocumentsPage')) },
      { path: '/flows/:flowId/reading', element: page(() => import('../features/readings/ReadingPage')) },
      { path: '/flows/:flowId/versions', element: page(() => import('../features/versions/VersionsPage')) },
      { path: '/runs', element: page(() => import('../features/runs/RunsPage')) },
      { path: '/runs/:runId', element: page(() => import('../features/runs/RunPage')) },
      { path: '/docs', element: page(() => import('../features/documents/DocumentsPage')) },
      { path: '/docs/:documentId', element: page(() => import('../features/documents/DocumentPage')) },
      { path: '/market', element: page(() => import('../features/market/MarketPage')) },
      { path: '/market/publish', element: page(() => import('../features/market/PublishPage')) },
      { path: '/market/:templateId', element: page(() => import('../features/market/TemplatePage')) },
      { path: '/market/:templateId/copy', element: page(() => import('../features/market/CopyPage')) },
      { path: '/reconcile', element: page(() => import('../features/reconcile/ReconcilePage')) },
      { path: '/reconcile/:checkId', element: page(() => import('../features/reconcile/CheckPage')) },
      { path: '/codes', element: page(() => import('../features/codes/CodeTablesPage')) },
      { path: '/codes/:tableId', element: page(() => import('../features/codes/CodeTablePage')) },
      { path: '/connectors', element: page(() => import('../features/connections/ConnectionsPage')) },
      { path: '/help', element: page(() => import('../features/help/HelpPage')) },
      { path: '/help/:page', element: page(() => import('../features/help/HelpPage')) },
      { path: '/plugins', element: page(() => import('../features/plugins/PluginsPage')) },
      { path: '/plugins/:pluginId', element: page(() => import('../features/plugins/PluginPage')) },
      { path: '/retention', element: page(() => import('../features/retention/RetentionPage')) },
      { path: '/tokens', element: page(() => import('../features/tokens/TokensPage')) },
      { path: '*', element: page(() => import('../features/home/MissingPage')) },
    ],
  },
];

export const makeRouter = () => createBrowserRouter(routes);
