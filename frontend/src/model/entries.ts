import type { NodeDeclaration } from '../shared/api/types';
import { type FlowDocument, type FlowNode, nodesOf, type Types } from './document';
import { declaredFor } from './ports';

/** What of another flow a setting names: where documents are handed over to, or whose documents are looked at. */
export type Entrance = 'inlet' | 'source';

/** Whether documents enter a flow at nodes that declare this. */
export const isEntry = (declared: NodeDeclaration | undefined): boolean => declared?.kind === 'pull' && (declared.outputs ?? []).some((port) => port.traffic === 'documents');

/** The nodes where documents enter a flow, in its order; with inlet those only that take another flow's. */
export function entriesOf(doc: FlowDocument, types: Types, wanted: Entrance): FlowNode[] {
  return nodesOf(doc).filter((node) => {
    const declared = declaredFor(types.get(node.type), node);
    return wanted === 'inlet' ? declared?.role === 'inlet' : isEntry(declared);
  });
}
