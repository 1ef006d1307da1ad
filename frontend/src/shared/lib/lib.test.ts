import i18next from 'i18next';
import { describe, expect, it } from 'vitest';
import type { FlowSummary } from '../api/types';
import { flowHealth } from './flowHealth';
import { formatAgo, formatCount, formatSpan, formatTime, spanBetween } from './format';
import { parseJson } from './json';
import { isLarge, rowsOf } from './jsonRows';
import { firstLanguage, setPreferences, usePreferences } from './preferences.store';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const at = (ms: number) => new Date(NOW + ms).toISOString();
const MINUTE = 60_000;

describe('format', () => {
  it.each([
    [-10_000, '现在', 'now'],
    [-50_000, '1分钟前', '1 minute ago'],
    [-90 * MINUTE, '1小时前', '1 hour ago'],
    [5 * MINUTE, '5分钟后', 'in 5 minutes'],
    [-26 * 60 * MINUTE, '昨天', 'yesterday'],
    [-90 * 24 * 60 * MINUTE, '2026/08/23', '08/23/2026'],
  ])('tells %i ms from now', (ms, zh, en) => {
    expect(formatAgo(at(ms), 'zh-CN', NOW)).toBe(zh);
    expect(formatAgo(at(ms), 'en', NOW)).toBe(en);
  });

  it('has a word for what has just passed, also by a clock that is ahead, and not for what is to come', () => {
    expect([-30_000, 0, 3000, 20_000].map((ms) => formatAgo(at(ms), 'en', NOW, 'just now'))).toEqual(['just now', 'just now', 'just now', 'now']);
  });

  it('writes moments in the zone and is silent about none', () => {
    expect(formatTime('2026-11-21T17:02:11.000Z', 'zh-CN', 'Asia/Shanghai')).toBe('2026/11/22 01:02:11');
    expect(formatTime('2026-11-21T16:00:00Z', 'en', 'Asia/Shanghai')).toBe('11/22/2026, 00:00:00');
    expect([formatTime('', 'en'), formatTime(undefined, 'en'), formatTime('soon', 'en'), formatAgo('', 'en', NOW)]).toEqual(['', '', '', '']);
  });

  it.each([[0, '0 毫秒'], [412, '412 毫秒'], [1840, '1.8 秒'], [119_000, '1 分钟 59 秒'], [3_600_000, '1 小时'], [90_000_000, '1 天 1 小时']])('tells a span of %i ms', (ms, words) => {
    expect(formatSpan(ms, i18next.t)).toBe(words);
  });

  it('measures to the end or to now, never backwards', () => {
    expect(spanBetween(at(0), at(500), NOW)).toBe(500);
    expect(spanBetween(at(-500), '', NOW)).toBe(500);
    expect(spanBetween(at(900), '', NOW)).toBe(0);
    expect(spanBetween('', at(1), NOW)).toBeUndefined();
  });

  it('groups digits', () => expect(formatCount(1234567, 'zh-CN')).toBe('1,234,567'));
});

describe('flowHealth', () => {
  const flow = (change: Partial<FlowSummary>): FlowSummary => ({
    id: '1', name: 'a', title: 'a', enabled: true, draftVersion: 1, publishedVersion: 1, dirty: false, blocking: 0, updatedAt: '', ...change,
  });
  const failed = { id: '1', state: 'failed', startedAt: '', counts: {} } as const;
  it.each<[string, Partial<FlowSummary>, string]>([
    ['enabled', {}, 'healthy'],
    ['enabled, last run failed', { lastRun: failed }, 'failing'],
    ['stopped after a failure', { enabled: false, lastRun: failed }, 'stopped'],
    ['with refused documents', { attention: { rejected: 1 } }, 'attention'],
    ['stopped, with a document to decide', { enabled: false, attention: { needs_decision: 1 } }, 'attention'],
    ['with retries only', { attention: { retry_at: 9 } }, 'healthy'],
    ['never published', { enabled: false, publishedVersion: 0 }, 'draft'],
  ])('%s', (_name, change, health) => expect(flowHealth(flow(change))).toBe(health));
});

describe('preferences', () => {
  it('survive a visit and damaged storage', () => {
    setPreferences({ theme: 'dark', language: 'en' });
    expect(JSON.parse(localStorage.getItem('karez.preferences') ?? '')).toMatchObject({ theme: 'dark', language: 'en' });
    setPreferences({ theme: 'system', language: '' });
    expect(usePreferences.getState().theme).toBe('system');
  });
  it.each<['' | 'en' | 'zh-CN', string[], string]>([
    ['', ['fr', 'en-US'], 'en'],
    ['', ['zh-TW', 'en'], 'zh-CN'],
    ['', ['fr'], 'zh-CN'],
    ['', [], 'zh-CN'],
    ['zh-CN', ['en'], 'zh-CN'],
    ['', ['zen'], 'zh-CN'],
  ])('open in the right language: %s %j', (chosen, preferred, language) => {
    expect(firstLanguage(chosen, preferred)).toBe(language);
  });
});

describe('rows of a JSON tree', () => {
  const node = parseJson('{"a":1.50,"b":[{"c":null},"x"],"d":{}}');
  const names = (rows: ReturnType<typeof rowsOf>) => rows.map(({ path, value, size }) => `${path}=${size ?? value}`);
  it('shows open levels with every digit', () => {
    expect(names(rowsOf(node, new Set(), 9))).toEqual(['=3', 'a=1.50', 'b=2', 'b.0=1', 'b.0.c=null', 'b.1="x"', 'd=0']);
  });
  it('opens to a depth, and single rows the other way round', () => {
    expect(names(rowsOf(node, new Set(), 1))).toEqual(['=3', 'a=1.50', 'b=2', 'd=0']);
    expect(names(rowsOf(node, new Set(['b']), 1))).toEqual(['=3', 'a=1.50', 'b=2', 'b.0=1', 'b.1="x"', 'd=0']);
    expect(names(rowsOf(node, new Set(['']), 9))).toEqual(['=3']);
  });
  it('knows what is too large to be opened whole', () => {
    expect(isLarge(node)).toBe(false);
    expect(isLarge(parseJson(`[${Array.from({ length: 400 }, () => '1').join()}]`))).toBe(true);
  });
});
