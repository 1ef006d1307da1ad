// The initials of Chinese texts, so that "zdys" finds a node by four keys. A
// collator knows the order of pronunciation; the first character of each letter
// in that order divides the texts. No dictionary has to be loaded.

const FIRST = '\u963f\u516b\u5693\u54d2\u59b8\u53d1\u65ee\u54c8\u8ba5\u5494\u5783\u75f3\u62cf\u5662\u5991\u4e03\u5465\u6492\u4ed6\u7a75\u5915\u4e2b\u5e00';
const LETTERS = 'abcdefghjklmnopqrstwxyz';
const HAN = /\p{Script=Han}/u;

let collator: Intl.Collator | undefined;

/** The initial of one character; the character itself when it is not Chinese. */
function initial(char: string): string {
  if (!HAN.test(char)) return char.toLowerCase();
  collator ??= new Intl.Collator('zh-Hans-CN-u-co-pinyin');
  let found = '';
  for (let i = 0; i < LETTERS.length; i++) {
    if (collator.compare(char, FIRST[i] ?? '') < 0) break;
    found = LETTERS[i] ?? '';
  }
  return found;
}

const known = new Map<string, string>();

export function initialsOf(text: string): string {
  const kept = known.get(text);
  if (kept !== undefined) return kept;
  const made = [...text].map(initial).join('').replace(/\s+/g, '');
  known.set(text, made);
  return made;
}

/** Whether any of the texts contains what was typed, as written or by initials. */
export function matches(query: string, ...texts: (string | undefined)[]): boolean {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return true;
  return texts.some((text) => text !== undefined && text !== '' && (text.toLowerCase().includes(wanted) || initialsOf(text).includes(wanted.replace(/\s+/g, ''))));
}
