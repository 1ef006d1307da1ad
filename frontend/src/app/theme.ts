import { theme as antd, type ThemeConfig } from 'antd';

/** The colours of tokens.css that antd needs as values, because it computes with them. */
export const palette = {
  light: {
    bg: '#f7f4ee', surface: '#ffffff', raised: '#ffffff', sunken: '#f1ece2', hover: '#f4f0e8', border: '#e4ddd0', 'border-strong': '#cbc1ae', 'control-border': '#8d8573',
    text: '#17292e', 'text-2': '#46585d', 'text-3': '#5f6d70',
    primary: '#0b6b7a', 'primary-hover': '#095866', 'primary-soft': '#e0f0f1', 'on-primary': '#ffffff',
    ok: '#1a7046', warn: '#8a5300', err: '#b3261e', 'err-soft': '#fce9e6', info: '#1f5fa8',
  },
  dark: {
    bg: '#0e1719', surface: '#152123', raised: '#1b2a2d', sunken: '#101b1d', hover: '#1d2d30', border: '#293b3e', 'border-strong': '#3d5357', 'control-border': '#6d8286',
    text: '#e9efec', 'text-2': '#b6c4c3', 'text-3': '#95a6a6',
    primary: '#4cc2cf', 'primary-hover': '#74d5df', 'primary-soft': '#12393f', 'on-primary': '#06282d',
    ok: '#67cf97', warn: '#ecb455', err: '#ff9087', 'err-soft': '#431a17', info: '#82b8f5',
  },
} as const;

/** The look of antd's parts. Without motion they come and go at once and wait for no end. */
export function themeConfig(dark: boolean, still = false): ThemeConfig {
  const c = dark ? palette.dark : palette.light;
  return {
    algorithm: dark ? antd.darkAlgorithm : antd.defaultAlgorithm,
    hashed: false,
    cssVar: { key: 'kz' },
    token: {
      colorPrimary: c.primary,
      colorPrimaryHover: c['primary-hover'],
      colorPrimaryActive: c['primary-hover'],
      colorPrimaryBg: c['primary-soft'],
      colorTextLightSolid: c['on-primary'],
      colorLink: c.primary,
      colorLinkHover: c['primary-hover'],
      colorSuccess: c.ok,
      colorWarning: c.warn,
      colorError: c.err,
      colorErrorBg: c['err-soft'],
      colorInfo: c.info,
      colorText: c.text,
      colorTextSecondary: c['text-2'],
      colorTextTertiary: c['text-3'],
      colorTextDescription: c['text-3'],
      colorTextPlaceholder: c['text-3'],
      colorBgLayout: c.bg,
      colorBgContainer: c.surface,
      colorBgElevated: c.raised,
      colorBorder: c['control-border'],
      colorBorderSecondary: c.border,
      colorSplit: c.border,
      colorFillAlter: c.sunken,
      borderRadius: 8,
      borderRadiusSM: 6,
      borderRadiusLG: 12,
      fontSize: 14,
      fontFamily: 'var(--kz-font)',
      fontFamilyCode: 'var(--kz-mono)',
      controlHeight: 34,
      sizeUnit: 4,
      wireframe: false,
      motion: !still,
    },
    components: {
      // The dark algorithm would dim the one colour that must be the page's.
      Button: { colorPrimary: c.primary, colorPrimaryHover: c['primary-hover'], colorPrimaryActive: c['primary-hover'], fontWeight: 500, primaryShadow: 'none', defaultShadow: 'none', dangerShadow: 'none', dangerColor: c['on-primary'], defaultBorderColor: c['border-strong'] },
      Table: { headerBg: c.sunken, headerColor: c['text-2'], headerSplitColor: 'transparent', rowHoverBg: c.hover, cellPaddingBlock: 12, borderColor: c.border },
      Tooltip: { colorBgSpotlight: dark ? '#33494d' : '#17292e', colorTextLightSolid: '#ffffff' },
      Drawer: { paddingLG: 24 },
      Card: { paddingLG: 20 },
      Segmented: { itemSelectedBg: c.surface, trackBg: c.sunken },
      Tabs: { horizontalMargin: '0' },
    },
  };
}
