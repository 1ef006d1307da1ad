interface Node {
  children?: Node[];
}

/** How deep Markdown may nest: no page that is written to be read comes near it. */
const DEEPEST = 60;

/** Refuses what is nested so deep that drawing it would end the browser's stack. */
export function shallow() {
  return (tree: Node) => {
    let level: Node[] = [tree];
    for (let depth = 0; level.length > 0; depth++) {
      if (depth > DEEPEST) throw new Error('the page is nested too deep');
      level = level.flatMap(({ children = [] }) => children);
    }
  };
}
