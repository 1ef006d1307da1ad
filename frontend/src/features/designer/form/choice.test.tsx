import { screen } from '@testing-library/react';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import { show } from '~/shared/testing/render';
import { enumOf, useOther, ValueChoice } from './ValueChoice';

const STATUS = [{ value: '10', title: { zh: '未付款', en: 'Unpaid' } }, { value: '30', title: { zh: '已付款待发货', en: 'Paid' } }];

function Param({ start = '' }: { start?: string }) {
  const [value, setValue] = useState(start);
  return (
    <>
      <ValueChoice label="trade_status" value={value} choices={STATUS} placeholder="…" disabled={false} other={useOther()} onChange={setValue} />
      <output>{value}</output>
    </>
  );
}

describe('documented values', () => {
  it('are offered with their words and found by them, and any other value can be typed', async () => {
    const { user } = show(<Param />);
    await user.click(await screen.findByRole('combobox', { name: 'trade_status' }));
    await user.keyboard('付款待');
    await user.click(await screen.findByText('已付款待发货 30'));
    expect(document.querySelector('output')?.textContent).toBe('30');
    await user.click(screen.getByRole('combobox', { name: 'trade_status' }));
    await user.keyboard('{{{{x}}');
    await user.click(await screen.findByText('使用「{{x}}」'));
    expect(document.querySelector('output')?.textContent).toBe('{{x}}');
  });

  it('are not offered in place of an expression', () => {
    expect([enumOf({ enum: STATUS }, '').length, enumOf({ enum: STATUS }, '99').length, enumOf({ enum: STATUS }, '{{x}}').length, enumOf({ enum: STATUS }, '_function 1').length, enumOf(undefined, '').length]).toEqual([2, 2, 0, 0, 0]);
  });
});
