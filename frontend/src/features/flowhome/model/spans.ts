export const SPANS = ['24h', '7d', '30d'] as const;
export type Span = (typeof SPANS)[number];

export const readSpan = (text: string | null): Span => SPANS.find((span) => span === text) ?? '24h';
