import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mappingLines } from './mapping';
import { applyTable, isTable, readTable, readTsv, saidLines } from './tsv';

/** The mapping's table of a mapping document that the server wrote. */
function tableOf(name: string): string {
  const text = readFileSync(`../server/versions/testdata/${name}.md`, 'utf8');
  const from = text.indexOf('\n|', text.indexOf(name.endsWith('.en') ? '## Target: ' : '## 目标：'));
  return text.slice(from + 1, text.indexOf('\n\n', from));
}

const NAMES = ['jushuitan-refund-to-kingdee-return', 'wangdiantong-order-to-kingdee-jdy-order', 'wangdiantong-order-to-kingdee-jdy-order.en', 'kingdee-outstock-to-wangdiantong-stockout', 'maycur-payment-to-kingdee-payment'];

describe('a table of the mapping document', () => {
  it.each(NAMES)('%s, pasted, gives the rows that it tells', (name) => {
    const text = tableOf(name);
    expect(isTable(text)).toBe(true);
    const [, ...cells] = readTable(text);
    const pasted = applyTable([], [], readTable(text));
    expect(pasted.refused).toEqual([]);
    const rows = saidLines(mappingLines(pasted.rows, [])).map(({ id, title, type, value }) => [id, title?.zh ?? '', type, value]);
    expect(rows).toEqual(cells);
    expect(rows.length).toBeGreaterThan(1);
    // The same cells out of the workbook come with tabs.
    expect(applyTable([], [], readTsv(cells.map((row) => row.join('\t')).join('\n'))).rows).toEqual(pasted.rows);
  });

  it('keeps what marks mean in Markdown', () => {
    expect(readTable('| 字段 | 配置值 |\n| --- | --- |\n| a | {{x\\|date}} |\n| b | 1 \\| 2 \\* \\<b> \\\\ \\_function<br>y_z |')).toEqual([['字段', '配置值'], ['a', '{{x|date}}'], ['b', '1 | 2 * <b> \\ _function\ny_z']]);
  });
});
