import { Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { flowOfAlias, withAlias } from '~/model/flowSettings';
import { declarationOf } from '~/model/graph';
import { useFlows } from '~/shared/api/flowNames';
import type { WidgetProps } from '~/shared/schema-form/SchemaForm';
import { change } from '../actions';
import { documentNow, useDesigner } from '../designer.store';
import { useNodeContext } from '../nodeEditor/useNodeContext';
import { useEntries } from './useEntries';

const text = (value: unknown): string => (typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value));

/**
 * Another flow. The draft names it by an alias, which it gets here if it has none. Where
 * documents enter that flow at several nodes, a second choice names one behind a dot.
 */
export function FlowRefWidget({ value, onChange, id, describedBy, invalid, disabled, beside }: WidgetProps) {
  const { t } = useTranslation('designer');
  const { id: nodeId } = useNodeContext();
  const doc = useDesigner((state) => state.history.present);
  // A sink hands documents over; everything else looks at those that are there.
  const wanted = useDesigner((state) => (declarationOf(state.graph, nodeId)?.kind === 'sink' ? 'inlet' : 'source'));
  const flows = useFlows();
  const others = (flows.data ?? []).map(({ id: flow, name, title }) => ({ id: flow, name: name ?? '', title: title ?? '' }));
  const alias = text(value).split('.')[0] ?? '';
  const chosen = flowOfAlias(doc, alias) || alias;
  const node = text(value).slice(alias.length + 1);
  const known = others.some((flow) => flow.id === chosen);
  const nodes = useEntries(flows.data?.find((flow) => flow.id === chosen), wanted);
  const lost = nodes !== undefined && node !== '' && !nodes.some((one) => one.id === node);
  // A setting of its own may name the node; two names would not agree.
  const named = node === '' && text(beside.source) !== '';
  const several = lost || ((nodes?.length ?? 0) > 1 && !named);
  const suffix = several || node === '' ? '' : `.${node}`;
  return (
    <div style={{ display: 'grid', gap: 8, width: '100%' }}>
      <Select
        id={id}
        style={{ width: '100%' }}
        allowClear
        value={chosen || undefined}
        status={invalid ? 'error' : undefined}
        disabled={disabled}
        loading={flows.isPending}
        aria-describedby={describedBy}
        placeholder={t('form.pickFlow')}
        showSearch={{ optionFilterProp: 'label' }}
        options={[
          ...others.map((flow) => ({ value: flow.id, label: (flow.title || flow.name) + (flow.id === chosen ? suffix : '') })),
          // What cannot be found any more is still shown and can be taken out.
          ...(known || chosen === '' ? [] : [{ value: chosen, label: text(value) }]),
        ]}
        onChange={(next: string | undefined) => {
          if (next === undefined || next === '') return onChange(undefined);
          const use = withAlias(documentNow(), next, others);
          change(use.doc);
          onChange(use.alias);
        }}
      />
      {several && nodes !== undefined && (
        <Select
          style={{ width: '100%' }}
          allowClear
          value={node || undefined}
          status={invalid || lost ? 'error' : undefined}
          disabled={disabled}
          aria-label={t(`form.nodeOf.${wanted}`)}
          aria-describedby={describedBy}
          placeholder={t('form.pickNode')}
          showSearch={{ optionFilterProp: 'label' }}
          options={[
            ...nodes.map((one) => ({ value: one.id, label: one.title === undefined || one.title === '' ? one.id : `${one.title} (${one.id})` })),
            ...(lost ? [{ value: node, label: t('form.nodeLost', { id: node }) }] : []),
          ]}
          // The only one needs no name.
          onChange={(next: string | undefined) => onChange(next === undefined || (nodes.length === 1 && next !== node) ? alias : `${alias}.${next}`)}
        />
      )}
    </div>
  );
}
