import { Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { useText } from '~/shared/i18n/useText';
import type { WidgetProps } from '~/shared/schema-form/SchemaForm';
import { useDesigner } from '../designer.store';
import { connectorOf } from '~/model/fields';
import { useNodeContext } from '../nodeEditor/useNodeContext';

/** What a target says that takes no steps behind the write. */
const ONLY_WRITE = 'write';

/** The steps behind the write of the node's operation: the last of those that are taken. */
export function StepWidget({ value, onChange, id, describedBy, invalid, disabled }: WidgetProps) {
  const { t } = useTranslation('designer');
  const words = useText();
  const { id: nodeId, operation } = useNodeContext();
  const node = useDesigner((state) => state.graph.nodes.get(nodeId));
  const connections = useDesigner((state) => state.connections);
  const connectors = useDesigner((state) => state.connectors);
  const operations = connectorOf(node, connections, connectors)?.operations ?? [];
  const titled = (name: string): string => words(operations.find((one) => one.name === name)?.title) || name;
  const steps = operation?.writing?.steps ?? [];
  const chosen = typeof value === 'string' ? value : '';
  const options = steps.length === 0 ? [] : [{ value: ONLY_WRITE, label: t('form.onlyWrite') }, ...steps.map((step) => ({ value: step.operation, label: titled(step.operation) }))];
  const lost = chosen !== '' && !options.some((one) => one.value === chosen);
  if (lost) options.push({ value: chosen, label: operation === undefined ? chosen : t('form.stepLost', { name: chosen }) });
  const own = steps.findLast((step) => step.default)?.operation;
  const empty = operation === undefined ? t('form.operationFirst') : steps.length === 0 ? t('form.noSteps') : t('form.ownSteps', { step: own === undefined ? t('form.onlyWrite') : titled(own) });
  return (
    <Select
      id={id}
      style={{ width: '100%' }}
      allowClear
      value={chosen === '' ? undefined : chosen}
      status={invalid || (lost && operation !== undefined) ? 'error' : undefined}
      disabled={disabled || options.length === 0}
      aria-describedby={describedBy}
      placeholder={empty}
      options={options}
      onChange={(next: string | undefined) => onChange(next)}
    />
  );
}
