import { createContext, useContext, useMemo } from 'react';
import { asApiError } from '~/shared/api/errors';
import type { Field, Json, Operation, TestResult } from '~/shared/api/types';
import { isObject } from '~/model/document';
import { knownFields, withFields } from '~/model/knownFields';
import { type SampleField, sampleFields } from '~/model/sampleTree';
import { useOperation } from '~/shared/api/catalog';
import { useDiscovered } from '../api';
import { useDesigner } from '../designer.store';
import { connectorOf, looksLikeSource, operationNameOf, requestFields, responseFields, unlistedForm, withForm, writerBehind } from '~/model/fields';
import { useQuiet } from '../useQuiet';
import { useSourceOf } from './useTest';

/** What the editors of a node's settings may ask. */
export interface NodeContext {
  id: string;
  source: string | undefined;
  /** What reaches the node: the sample, or what the test made of it on the way. */
  input: Json | undefined;
  fields: SampleField[];
  operation: Operation | undefined;
  /** Why the system tells no fields of the form that the node chooses. */
  formFault?: string | undefined;
  /** The form that the system told of, where the connector does not list it. */
  toldForm?: string | undefined;
  request: Field[];
  /** The fields that a mapping here fills, those of the next node that writes. */
  target: Field[];
  /** The other parameters of the call that the next node makes. */
  targetParams?: readonly Field[] | undefined;
  output: Json | undefined;
  /** Documents like the input: all samples where they reach the node as they are, else the one that was tested. */
  samples?: readonly Json[] | undefined;
  /** What the operation of the source declares of its documents, where they reach the node as they are. */
  answers?: readonly Field[] | undefined;
  /** The node behind this one that writes. */
  writer?: string | undefined;
}

export const NodeContextValue = createContext<NodeContext>({ id: '', source: undefined, input: undefined, fields: [], operation: undefined, request: [], target: [], output: undefined });
export const useNodeContext = (): NodeContext => useContext(NodeContextValue);

const outputAt = (test: TestResult | undefined, node: string, port: string): Json | undefined => {
  const outputs = test?.nodes.find((one) => one.id === node)?.outputs;
  return (outputs?.find((one) => one.port === port || one.port === '') ?? (port === '' ? outputs?.[0] : undefined))?.body;
};

const NONE: Field[] = [];

/** How long the name of a form has to stay as it is before its system is asked for it (ms). */
const TYPED = 700;

/** What the system says when it tells no fields, unless it never does. */
function faultOf(error: unknown): string | undefined {
  if (error === null || error === undefined) return undefined;
  const { code, message } = asApiError(error);
  return code === 'discovery.not_offered' ? undefined : message;
}

/** An operation's fields as one node uses it: those of a form that the connector does not list are asked of the system. */
function useOperationOf(id: string | undefined): { operation: Operation | undefined; fault: string | undefined; form: string | undefined } {
  const node = useDesigner((state) => state.graph.nodes.get(id ?? ''));
  const connections = useDesigner((state) => state.connections);
  const connectors = useDesigner((state) => state.connectors);
  const declared = useOperation(connectorOf(node, connections, connectors)?.id, operationNameOf(node)).data;
  const form = unlistedForm(declared, node);
  const quiet = useQuiet(form, TYPED);
  const told = useDiscovered(node?.connection, declared?.name, quiet === form ? form : '');
  const operation = useMemo(() => (declared === undefined || told.data === undefined ? declared : withForm(declared, told.data)), [declared, told.data]);
  return { operation, fault: faultOf(told.error), form: told.data === undefined ? undefined : form };
}

export function useMakeNodeContext(id: string): NodeContext {
  const graph = useDesigner((state) => state.graph);
  const test = useDesigner((state) => state.test);
  const source = useSourceOf(id);
  const sample = useDesigner((state) => (source === undefined ? undefined : state.samples[source]));
  const item = sample?.items[sample.at];
  const { operation, fault: formFault, form: toldForm } = useOperationOf(id);
  const sourceOperation = useOperationOf(source).operation;
  const writer = useMemo(() => writerBehind(graph, id), [graph, id]);
  const writerOperation = useOperationOf(writer).operation;
  const node = graph.nodes.get(id);
  // What is typed into a node changes the graph and the node, and nothing of all this: who
  // shows hundreds of rows is not drawn anew for a key.
  const before = graph.in.get(id)?.[0];
  const [beforeNode, beforePort] = [before?.from.node, before?.from.port];
  const raw = beforeNode === undefined || beforeNode === source || id === source || looksLikeSource(graph, id);
  const sourceNode = graph.nodes.get(source ?? '');
  const writerNode = graph.nodes.get(writer ?? '');
  const own = operation === undefined ? undefined : node;
  const request = useMemo(() => (operation === undefined ? NONE : requestFields(operation, own)), [operation, own]);
  const asked = useMemo(() => requestFields(writerOperation, writerNode), [writerOperation, writerNode]);
  return useMemo(() => {
    const tested = beforeNode === undefined ? undefined : outputAt(test, beforeNode, beforePort ?? '');
    const input = id === source ? item : (tested ?? (raw ? item : undefined));
    const target = asked.filter((field) => field.group !== 'other');
    // A made document has the fields somebody put in: those of the target, as far as they came.
    const made = [...request, ...target].filter((field) => isObject(input) && field.field in input);
    const answers = raw ? responseFields(sourceOperation, sourceNode) : undefined;
    return {
      id, source, input, answers, writer,
      samples: raw ? sample?.items : input === undefined ? undefined : [input],
      operation, formFault, toldForm, request, target, targetParams: asked.filter((field) => field.group === 'other'),
      fields: sampleFields(input, answers === undefined ? made : withFields(answers, knownFields(sourceNode))),
      output: test?.nodes.find((one) => one.id === id)?.outputs[0]?.body,
    };
  }, [id, test, source, sample, item, beforeNode, beforePort, raw, operation, sourceOperation, sourceNode, writer, request, asked, formFault, toldForm]);
}
