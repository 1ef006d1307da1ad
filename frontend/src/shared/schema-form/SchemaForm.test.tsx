import { screen } from '@testing-library/react';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import type { Setting } from '../api/types';
import { show } from '../testing/render';
import { SchemaForm, type WidgetProps } from './SchemaForm';
import { check, isShown, type Values, withDefaults } from './settings';

const text = (zh: string) => ({ zh, en: `${zh} en` });
const SETTINGS: Setting[] = [
  { key: 'address', kind: 'url', title: text('接口地址'), required: true, default: 'https://api.example.com' },
  { key: 'appKey', kind: 'text', title: text('应用键'), describe: text('在平台上看'), required: true },
  { key: 'appSecret', kind: 'text', title: text('密钥'), required: true, secret: true },
  { key: 'mode', kind: 'choice', title: text('授权方式'), default: 'self', options: [{ value: 'self', title: text('自研') }, { value: 'isv', title: text('服务商') }] },
  { key: 'authCode', kind: 'text', title: text('授权码'), required: true, when: { key: 'mode', in: ['isv'] } },
  { key: 'size', kind: 'int', title: text('每页'), default: '50', min: 1, max: 100 },
  { key: 'wait', kind: 'duration', title: text('等待') },
  { key: 'strict', kind: 'bool', title: text('严格'), default: 'true' },
  { key: 'retry', kind: 'group', title: text('重试'), items: [{ key: 'times', kind: 'int', title: text('次数'), required: true, max: 5 }] },
  { key: 'hosts', kind: 'list', title: text('主机') },
  { key: 'rows', kind: 'list', title: text('行'), items: [{ key: 'name', kind: 'text', title: text('名'), required: true }] },
];

const titleOf = (setting: Setting) => setting.title.zh;
const paths = (values: Values, kept?: Record<string, boolean>) => check(SETTINGS, values, { kept, titleOf }).map(({ path, key }) => `${path} ${key}`);
const good = { appKey: 'a', appSecret: 's', retry: { times: 2 } };

describe('settings', () => {
  it('fills in defaults in the type of the setting, and keeps what is there', () => {
    expect(withDefaults(SETTINGS, { mode: 'isv' })).toEqual({ address: 'https://api.example.com', mode: 'isv', size: 50, strict: true });
  });

  it('shows what depends on another value or on its default', () => {
    const code = SETTINGS.find(({ key }) => key === 'authCode') as Setting;
    expect(isShown(code, SETTINGS, {})).toBe(false);
    expect(isShown(code, SETTINGS, { mode: 'isv' })).toBe(true);
  });

  it('accepts what the server accepts', () => {
    expect(paths(good)).toEqual([]);
    expect(paths({ ...good, size: '7', wait: '1h30m', address: 'http://127.0.0.1:80/x', rows: [{ name: 'a' }] })).toEqual([]);
  });

  it.each<[string, Values, string[]]>([
    ['nothing', {}, ['appKey required', 'appSecret required', 'retry.times required']],
    ['what is hidden is not asked for', { ...good, mode: 'self' }, []],
    ['what is shown is', { ...good, mode: 'isv' }, ['authCode required']],
    ['a fraction', { ...good, size: 1.5 }, ['size wholeNumber']],
    ['too little', { ...good, size: 0 }, ['size atLeast']],
    ['too much', { ...good, size: 101 }, ['size atMost']],
    ['a bare number as a duration', { ...good, wait: '30' }, ['wait duration']],
    ['a unit that does not exist', { ...good, wait: '2d' }, ['wait duration']],
    ['another scheme', { ...good, address: 'file:///etc' }, ['address url']],
    ['inside a group', { ...good, retry: { times: 9 } }, ['retry.times atMost']],
    ['inside a list', { ...good, rows: [{ name: 'a' }, {}] }, ['rows[1].name required']],
  ])('complains about %s', (_name, values, expected) => {
    expect(paths(values)).toEqual(expected);
  });

  it('does not ask again for a secret the server keeps', () => {
    expect(paths({ appKey: 'a', retry: { times: 1 } }, { appSecret: true })).toEqual([]);
  });
});

describe('SchemaForm', () => {
  function Form({ start = {}, errors, kept, settings = SETTINGS }: { start?: Values; errors?: Record<string, string>; kept?: Record<string, boolean>; settings?: Setting[] }) {
    const [values, setValues] = useState(start);
    const Marked = ({ value, onChange, id }: WidgetProps) => <button id={id} type="button" onClick={() => onChange('done')}>{`script ${String(value)}`}</button>;
    return (
      <>
        <SchemaForm settings={settings} values={values} onChange={setValues} errors={errors} kept={kept} widgets={{ script: Marked }} />
        <output data-testid="values">{JSON.stringify(values)}</output>
      </>
    );
  }
  const values = () => JSON.parse(screen.getByTestId('values').textContent ?? '{}') as Values;

  it('labels every input and gives back what was typed', async () => {
    const { user } = show(<Form />);
    await user.type(screen.getByLabelText('应用键'), 'key-1');
    await user.click(screen.getByLabelText('严格'));
    expect(values()).toEqual({ appKey: 'key-1', strict: false });
    await user.clear(screen.getByLabelText('应用键'));
    expect(values()).toEqual({ strict: false });
  });

  it('hides a secret and says that one is kept', () => {
    show(<Form kept={{ appSecret: true }} />);
    const secret = screen.getByLabelText('密钥');
    expect(secret).toHaveProperty('type', 'password');
    expect(secret).toHaveProperty('value', '');
    expect(document.getElementById(secret.getAttribute('aria-describedby') ?? '')?.textContent).toContain('已保存，不会显示');
  });

  it('puts errors at their field, also inside groups', () => {
    show(<Form errors={{ appKey: '不能为空', 'retry.times': '太多' }} />);
    const field = screen.getByLabelText('应用键');
    expect(field.getAttribute('aria-invalid')).toBe('true');
    expect(field.getAttribute('aria-describedby')?.split(' ').map((id) => document.getElementById(id)?.textContent)).toContain('不能为空');
    expect(screen.getByText('太多')).toBeTruthy();
  });

  it('shows a field when its condition comes true', async () => {
    show(<Form start={{ mode: 'isv' }} />);
    expect(screen.getByLabelText('授权码')).toBeTruthy();
  });

  it('adds to and takes from lists', async () => {
    const { user } = show(<Form settings={SETTINGS.filter(({ kind }) => kind === 'list')} />);
    const [hosts, rows] = screen.getAllByRole('button', { name: '添加一项' });
    await user.click(hosts as HTMLElement);
    await user.type(screen.getByLabelText('第 1 项'), 'a');
    await user.click(rows as HTMLElement);
    await user.type(screen.getByLabelText('名'), 'b');
    expect(values()).toEqual({ hosts: ['a'], rows: [{ name: 'b' }] });
    await user.click(screen.getAllByRole('button', { name: '移除 第 1 项' })[0] as HTMLElement);
    expect(values()).toEqual({ hosts: [], rows: [{ name: 'b' }] });
  });

  it('folds a long list until somebody looks, adds, or a row of it is wrong', async () => {
    const hosts = SETTINGS.filter(({ key }) => key === 'hosts');
    const long = { hosts: Array.from({ length: 13 }, (_, i) => `h${i}`) };
    const { user, unmount } = show(<Form settings={hosts} start={long} />);
    expect(screen.getAllByRole('textbox')).toHaveLength(4);
    await user.click(screen.getByRole('button', { name: '显示全部 13 项' }));
    expect(screen.getAllByRole('textbox')).toHaveLength(13);
    unmount();
    const adding = show(<Form settings={hosts} start={long} />);
    await adding.user.click(screen.getByRole('button', { name: '添加一项' }));
    expect(screen.getAllByRole('textbox')).toHaveLength(14);
    adding.unmount();
    show(<Form settings={hosts} start={long} errors={{ 'hosts[9]': '不对' }} />);
    expect(screen.getAllByRole('textbox')).toHaveLength(13);
  });

  it('leaves kinds of their own to whoever shows the form', async () => {
    const { user } = show(<Form settings={[{ key: 'code', kind: 'script', title: text('脚本') }, { key: 'map', kind: 'mapping', title: text('映射') }]} />);
    await user.click(screen.getByRole('button', { name: '脚本' }));
    expect(values()).toEqual({ code: 'done' });
    expect(screen.getByText('这里不能编辑这种设置')).toBeTruthy();
  });
});
