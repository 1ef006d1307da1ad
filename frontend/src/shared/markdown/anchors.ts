interface Node {
  type: string;
  value?: string;
  children?: Node[];
  data?: { hProperties?: Record<string, string> };
}

const ID = /\s*\{#([a-z0-9_-]+)\}\s*$/;

/** Takes the {#id} off the end of every heading and makes it, behind a prefix, the heading's id. */
export function anchors(prefix = '') {
  return (tree: Node) => {
    for (const heading of tree.children ?? []) {
      const last = heading.type === 'heading' ? heading.children?.at(-1) : undefined;
      const id = last?.type === 'text' ? ID.exec(last.value ?? '') : null;
      if (last === undefined || id === null) continue;
      last.value = (last.value ?? '').replace(ID, '');
      heading.data = { hProperties: { id: prefix + (id[1] ?? '') } };
    }
  };
}
