import { screen } from '@testing-library/react';
import i18next from 'i18next';
import { expect, it } from 'vitest';
import { serve, show } from '../testing/render';
import { Plan } from './Plan';
import NextFirings from './NextFirings';
import { cronWords } from './words';
import { safeZone } from './zone';

const { t } = i18next;

it('says a schedule in words of both languages, and gives back what is none', () => {
  expect([cronWords('0 2 * * *', 'zh-CN', t), cronWords('0 2 1 * *', 'zh-CN', t)]).toEqual(['每天 02:00', '在02:00, 限每月 1 号']);
  expect([cronWords('*/10 * * * *', 'zh-CN', t), cronWords('0 9 * * 1-5', 'en', t), cronWords('sometimes', 'en', t)]).toEqual(['每隔 10 分钟', 'At 09:00, Monday through Friday', 'sometimes']);
});

it('shows the zone that counts, where a browser knows it', () => {
  expect([safeZone('Asia/Shanghai'), safeZone('Nowhere/Else')]).toEqual(['Asia/Shanghai', undefined]);
});

const NEXT = ['2026-11-21T01:00:00Z', '2026-11-21T13:00:00Z'];

it('tells when a flow starts by itself, in its own zone', async () => {
  show(<Plan plan={{ crons: ['0 9 * * *', '0 21 * * *'], timezone: 'Asia/Shanghai', next: NEXT }} />);
  expect(await screen.findByText(/09:00，.*21:00/)).toBeTruthy();
  expect([...document.querySelectorAll('time')].map((one) => one.textContent)).toEqual(['11月21日周六 09:00', '11月21日周六 21:00']);
  expect(document.body.textContent).toContain('(Asia/Shanghai)');
});

it('tells that a stopped one does not, also in English', async () => {
  await i18next.changeLanguage('en');
  show(<Plan plan={{ crons: ['*/5 * * * *', '30 2 * * *'], timezone: 'Asia/Shanghai', next: [] }} />);
  expect(await screen.findByText('Every 5 minutes, Every day at 02:30')).toBeTruthy();
  expect(screen.getByText('Stopped, does not start by itself')).toBeTruthy();
  expect(document.querySelector('time')).toBeNull();
});

it('reckons while a schedule is typed, by the server', async () => {
  serve({ 'GET /schedules/next': { times: NEXT } });
  show(<NextFirings cron="0 9,21 * * *" timezone="Asia/Shanghai" />);
  expect(await screen.findByRole('list', { name: '接下来五次（Asia/Shanghai）：' })).toBeTruthy();
});
