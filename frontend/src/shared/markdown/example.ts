/** A member of an example: what is there before anything is evaluated, or what is. */
export interface Member {
  /** doc, rows, result …; flow and table have a name besides. */
  key: string;
  name: string;
  text: string;
}

export interface Evaluated {
  input: string;
  result: string;
}

export interface Example {
  members: Member[];
  cases: Evaluated[];
}

const KINDS = new Set(['value', 'mapping', 'conditions']);
const MEMBER = /^(doc|source|params|vars|answer|stored|fields|value|rows|conditions|result|flow \S+|table \S+):\s?(.*)$/;

export const isExample = (kind: string): boolean => KINDS.has(kind);

/** Takes an example apart as the tests of the pages do. */
export function readExample(text: string): Example {
  const example: Example = { members: [], cases: [] };
  let open: Member | undefined;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const found = MEMBER.exec(line);
    if (line.startsWith('  ') && open !== undefined) {
      open.text += `\n${line}`;
    } else if (found !== null) {
      const [key = '', name = ''] = (found[1] ?? '').split(' ');
      open = { key, name, text: found[2] ?? '' };
      example.members.push(open);
    } else {
      open = undefined;
      const at = line.lastIndexOf(' => ');
      example.cases.push({ input: line.slice(0, at), result: line.slice(at + 4) });
    }
  }
  return example;
}

/** What a result tells: a value, that there is none, that the document waits, or a failure with its code. */
export function readResult(text: string): { tone: 'value' | 'nothing' | 'waits' | 'error'; detail: string } {
  if (text === 'nothing' || text === 'waits') return { tone: text, detail: '' };
  if (text.startsWith('error ')) return { tone: 'error', detail: text.slice(6) };
  return { tone: 'value', detail: text };
}
