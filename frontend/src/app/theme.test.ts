import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { palette, themeConfig } from './theme';

// Read from disk: the test runner empties style sheets that are imported.
const css = readFileSync('src/app/tokens.css', 'utf8');

function tokens(selector: string): Record<string, string> {
  const body = css.slice(css.indexOf(`${selector} {`));
  const block = body.slice(0, body.indexOf('\n}'));
  return Object.fromEntries([...block.matchAll(/--kz-([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name, value]) => [name ?? '', value ?? '']));
}

const themes = { light: tokens(':root'), dark: tokens(":root[data-theme='dark']") };

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

describe.each(['light', 'dark'] as const)('%s', (name) => {
  const theme = themes[name];
  const of = (token: string) => {
    const value = theme[token];
    if (value === undefined) throw new Error(`no --kz-${token} in ${name}`);
    return value;
  };

  it('gives antd the same colours as the page', () => {
    for (const [token, value] of Object.entries(palette[name])) expect(of(token), token).toBe(value);
  });

  const grounds = ['bg', 'surface', 'raised', 'sunken', 'hover'];
  it.each(['text', 'text-2', 'text-3', 'primary', 'err', 'ok', 'warn', 'info', 'violet', 'sand'])('lets %s be read on every ground', (text) => {
    for (const ground of grounds) expect(contrast(of(text), of(ground)), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['ok', 'warn', 'err', 'info', 'violet', 'sand', 'primary'])('lets %s be read on its own tint', (tone) => {
    expect(contrast(of(tone), of(`${tone}-soft`))).toBeGreaterThanOrEqual(4.5);
  });

  it('lets buttons and the rail be read', () => {
    expect(contrast(of('on-primary'), of('primary'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(of('on-primary'), of('primary-hover'))).toBeGreaterThanOrEqual(4.5);
    for (const ground of ['rail', 'rail-2', 'rail-active']) {
      expect(contrast(of('rail-text'), of(ground)), ground).toBeGreaterThanOrEqual(4.5);
      expect(contrast(of('rail-mark'), of(ground)), ground).toBeGreaterThanOrEqual(3);
    }
  });

  it('shows focus and the edges of inputs', () => {
    for (const ground of ['bg', 'surface', 'raised']) {
      expect(contrast(of('focus'), of(ground)), ground).toBeGreaterThanOrEqual(3);
      expect(contrast(of('control-border'), of(ground)), ground).toBeGreaterThanOrEqual(3);
    }
  });
});

describe('without motion', () => {
  const rules = css.slice(css.indexOf('(prefers-reduced-motion: reduce)'));

  it('nothing moves, and antd waits for nothing to end', () => {
    expect(rules).toContain('transition-property: none !important');
    expect(rules).toContain('animation: none !important');
    expect(rules).not.toContain('duration');
    expect(themeConfig(false, true).token?.motion).toBe(false);
    expect(themeConfig(false, false).token?.motion).toBe(true);
  });
});
