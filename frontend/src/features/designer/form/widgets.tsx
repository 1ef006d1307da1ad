import { Button, Select, Switch } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useText } from '~/shared/i18n/useText';
import type { WidgetProps, Widgets } from '~/shared/schema-form/SchemaForm';
import { PageSkeleton } from '~/shared/ui/PageSkeleton';
import { useCodeTables } from '~/shared/api/catalog';
import type { Json } from '~/shared/api/types';
import { declarationOf } from '~/model/graph';
import { useDesigner } from '../designer.store';
import { connectorOf } from '~/model/fields';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import { ConditionsEditor } from './ConditionsEditor';
import { ExpressionInput } from './ExpressionInput';
import { FlowRefWidget } from './FlowRefWidget';
import { ParamsEditor } from './ParamsEditor';
import { StepWidget } from './StepWidget';

const MappingEditor = lazy(() => import('../mapping/MappingEditor'));
const NewOperation = lazy(() => import('../derived/NewOperation'));
const ScriptEditor = lazy(() => import('./ScriptEditor'));
const FileInput = lazy(() => import('../file/FileWidget'));
const FolderInput = lazy(() => import('../file/FolderWidget'));
const WebhookInput = lazy(() => import('../webhook/WebhookWidget'));

const text = (value: unknown): string => (typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value));

function ValueWidget({ setting, value, onChange, id, describedBy, invalid, disabled }: WidgetProps) {
  return <ExpressionInput id={id} value={text(value)} describedBy={describedBy} invalid={invalid} disabled={disabled} placeholder={setting.default} onChange={(next) => onChange(next === '' ? undefined : next)} />;
}

/** Operations of the node's connection, those of the kind that fits its side first. */
function OperationWidget({ value, onChange, id, describedBy, invalid, disabled }: WidgetProps) {
  const { t } = useTranslation('designer');
  const words = useText();
  const { id: nodeId } = useNodeContext();
  const node = useDesigner((state) => state.graph.nodes.get(nodeId));
  const kind = useDesigner((state) => (declarationOf(state.graph, nodeId)?.kind === 'pull' ? 'query' : 'write'));
  const connections = useDesigner((state) => state.connections);
  const connectors = useDesigner((state) => state.connectors);
  const connector = connectorOf(node, connections, connectors);
  const fitting = (connector?.operations ?? []).filter((one) => (kind === 'query') === (one.kind === 'query'));
  const known = fitting.some((one) => one.name === value);
  const options = fitting.map((one) => ({ value: one.name, label: words(one.title) || one.name, kind: one.kind }));
  const [making, setMaking] = useState(false);
  return (
    <>
    <Select
      id={id}
      style={{ width: '100%' }}
      showSearch={{ filterOption: (query, option) => `${option?.label ?? ''} ${option?.value ?? ''}`.toLowerCase().includes(query.toLowerCase()) }}
      value={text(value) || undefined}
      status={invalid || (!known && text(value) !== '' && connector !== undefined) ? 'error' : undefined}
      disabled={disabled || connector === undefined}
      aria-describedby={describedBy}
      placeholder={t(connector === undefined ? 'form.connectionFirst' : 'form.pickOperation')}
      options={options}
      optionRender={(option) => (
        <span style={{ display: 'flex', justifyContent: 'space-between', gap: 12 }}>
          <span>{option.label}</span>
          <code style={{ color: 'var(--kz-text-3)' }}>{option.value}</code>
        </span>
      )}
      onChange={(next: string) => onChange(next)}
    />
    {connector !== undefined && !disabled && (
      <Button type="link" size="small" onClick={() => setMaking(true)}>
        {t('derived.new')}
      </Button>
    )}
    {making && connector !== undefined && (
      <Suspense fallback={null}>
        <NewOperation node={nodeId} connector={connector.id} bases={fitting.filter((one) => !one.name.includes('#'))} base={text(value)} onClose={() => setMaking(false)} />
      </Suspense>
    )}
    </>
  );
}

/** The workspace's code tables. */
function CodeTableWidget({ value, onChange, id, describedBy, invalid, disabled }: WidgetProps) {
  const { t } = useTranslation('designer');
  const tables = useCodeTables();
  return (
    <Select
      id={id}
      style={{ width: '100%' }}
      allowClear
      showSearch
      value={text(value) || undefined}
      status={invalid ? 'error' : undefined}
      disabled={disabled}
      loading={tables.isPending}
      aria-describedby={describedBy}
      placeholder={t('form.pickTable')}
      options={(tables.data ?? []).map((one) => ({ value: one.name, label: one.title === '' || one.title === one.name ? one.name : `${one.title} (${one.name})` }))}
      onChange={(next: string | undefined) => onChange(next)}
    />
  );
}

/** A mapping; where the whole document may stand in its place, that is what an empty one means. */
function MappingWidget({ setting, value, onChange, disabled, errors, path, id }: WidgetProps) {
  const { t } = useTranslation('designer');
  const whole = setting.whole === true && !Array.isArray(value);
  return (
    <>
      {setting.whole === true && (
        <label htmlFor={id} style={{ display: 'flex', gap: 8, alignItems: 'center', marginBottom: whole ? 0 : 12 }}>
          <Switch id={id} size="small" checked={whole} disabled={disabled} onChange={(on) => onChange(on ? undefined : [])} /> {t('form.whole')}
        </label>
      )}
      {!whole && (
        <Suspense fallback={<PageSkeleton rows={8} />}>
          <MappingEditor rows={value as Json | undefined} onChange={onChange} disabled={disabled} errors={errors} path={path} settingKey={setting.key} />
        </Suspense>
      )}
    </>
  );
}

function ScriptWidget({ value, onChange, disabled }: WidgetProps) {
  return (
    <Suspense fallback={<PageSkeleton rows={8} />}>
      <ScriptEditor value={text(value)} onChange={onChange} disabled={disabled} />
    </Suspense>
  );
}

function FileWidget(props: WidgetProps) {
  return (
    <Suspense fallback={<PageSkeleton rows={3} />}>
      <FileInput {...props} />
    </Suspense>
  );
}

function FolderWidget(props: WidgetProps) {
  return (
    <Suspense fallback={<PageSkeleton rows={3} />}>
      <FolderInput {...props} />
    </Suspense>
  );
}

function EndpointWidget(props: WidgetProps) {
  return (
    <Suspense fallback={<PageSkeleton rows={2} />}>
      <WebhookInput {...props} />
    </Suspense>
  );
}

const ConditionsWidget = ({ value, onChange, disabled, errors, path }: WidgetProps) => <ConditionsEditor value={value as Json | undefined} onChange={onChange} disabled={disabled} errors={errors} path={path} />;
const ParamsWidget = ({ value, onChange, disabled, errors, path }: WidgetProps) => <ParamsEditor value={value as Json | undefined} onChange={onChange} disabled={disabled} errors={errors} path={path} />;

/** Editors of the setting kinds that are more than plain. */
export const nodeWidgets: Widgets = {
  value: ValueWidget, conditions: ConditionsWidget, mapping: MappingWidget, params: ParamsWidget, script: ScriptWidget, operation: OperationWidget, step: StepWidget, flowRef: FlowRefWidget, codeTable: CodeTableWidget, file: FileWidget, folder: FolderWidget, endpoint: EndpointWidget,
};
