import type { ReactNode } from 'react';

// Drawings for the icon names that declarations use. A name without one gets the
// plain square, so that a plugin's node never stands without a mark.
const SHAPES: Record<string, ReactNode> = {
  'calendar-range': <path d="M4 7.500A2.500 2.500 0 0 1 6.500 5h11A2.500 2.500 0 0 1 20 7.500v10a2.500 2.500 0 0 1-2.500 2.500h-11A2.500 2.500 0 0 1 4 17.500zM4 10h16M8 3v4M16 3v4M8 14h5M13 17h3" />,
  files: <path d="M9 3h6l4 4v9a2 2 0 0 1-2 2H9a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM15 3v4h4M4 8v10a3 3 0 0 0 3 3h8" />,
  'file-text': <path d="M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8zM14 3v5h5M9 13h6M9 17h4" />,
  database: <path d="M5 6c0-1.700 3.100-3 7-3s7 1.300 7 3-3.100 3-7 3-7-1.300-7-3zM5 6v6c0 1.700 3.100 3 7 3s7-1.300 7-3V6M5 12v6c0 1.700 3.100 3 7 3s7-1.300 7-3v-6" />,
  filter: <path d="M4 5h16l-6.200 7.400V19l-3.600-2v-4.600z" />,
  'table-properties': <path d="M4 6.500A2.500 2.500 0 0 1 6.500 4h11A2.500 2.500 0 0 1 20 6.500v11a2.500 2.500 0 0 1-2.500 2.500h-11A2.500 2.500 0 0 1 4 17.500zM10 4v16M4 9.500h16M4 14.700h16" />,
  code: <path d="M8.500 7 3.500 12l5 5M15.500 7l5 5-5 5M13.200 5l-2.400 14" />,
  send: <path d="M20.500 3.500 10 14M20.500 3.500 14 20.500l-4-6.500-6.500-4z" />,
  'log-in': <path d="M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M4 12h11M10.500 7.500 15 12l-4.500 4.500" />,
  'undo-2': <path d="M8.500 14 4 9.500 8.500 5M4 9.500h10a5.500 5.500 0 0 1 0 11h-3" />,
  reply: <path d="M9.500 6 4 11.500 9.500 17M4 11.500h9a7 7 0 0 1 7 7V20" />,
  archive: <path d="M4 4h16v4.500H4zM5.500 8.500V18A2 2 0 0 0 7.500 20h9a2 2 0 0 0 2-2V8.500M10 12.500h4" />,
  search: <path d="M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16.200 16.200 20.500 20.500" />,
  split: <path d="M4 12h6l5-6h5M10 12l5 6h5M17 3l3 3-3 3M17 15l3 3-3 3" />,
  merge: <path d="M20 12h-6L9 6H4M14 12l-5 6H4M17 9l3 3-3 3" />,
  combine: <path d="M4 4h6v6H4zM4 14h6v6H4zM14 9h6v6h-6zM10 7h2v10h-2M12 12h2" />,
  rows: <path d="M4 5h16v5H4zM4 14h16v5H4zM9 5v5M9 14v5" />,
  layers: <path d="m12 3 9 5-9 5-9-5zM3 12.500l9 5 9-5M3 17l9 4.500L21 17" />,
  bell: <path d="M6 10a6 6 0 0 1 12 0c0 6 2 7 2 7H4s2-1 2-7M10 20.500h4" />,
  webhook: <path d="M12 4a4 4 0 0 1 3 6.600l3 5.400M9 10.600A4 4 0 0 1 12 4M9 10.600 6 16m0 0a3 3 0 1 0 3 3h9m0-3a3 3 0 1 1-2.600 4.500" />,
};

export function NodeIcon({ name, size = 20 }: { name: string | undefined; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.700" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      {SHAPES[name ?? ''] ?? <path d="M5 7a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2zM9 12h6" />}
    </svg>
  );
}
