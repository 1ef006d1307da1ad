/** The page of a node type in the reference; that of one which a plugin brings ("plugin/node") is drawn from its manifest. */
export const nodePage = (type: string): string => `node-${type.replace('/', '--')}`;
