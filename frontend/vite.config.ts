import { fileURLToPath } from 'node:url';

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Named chunks keep what changes rarely in files of their own, so that a new
// release of the product does not make people load the libraries again.
const group = (name: string, test: RegExp) => ({ name, test });

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '~': fileURLToPath(new URL('./src', import.meta.url)) } },
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    // dist/index.html is the committed placeholder; the real page goes beside it
    // so that a build never changes a tracked file.
    outDir: 'dist/app',
    emptyOutDir: true,
    target: 'es2022',
    // data: URLs would need a wider content security policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // For scripts/budget.mjs.
    manifest: true,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Without this a group swallows everything its members import.
          includeDependenciesRecursively: false,
          groups: [
            group('react', /node_modules[\\/](react|react-dom|scheduler|react-router|cookie|set-cookie-parser)[\\/]/),
            group('i18n', /node_modules[\\/](i18next|react-i18next|html-parse-stringify|void-elements|use-sync-external-store)[\\/]/),
            group('query', /node_modules[\\/](@tanstack[\\/](query-core|react-query)|openapi-fetch)[\\/]/),
            group('flow', /node_modules[\\/](@xyflow|d3-[a-z]+|classcat)[\\/]/),
            // One file in place of one for each icon that two pages share.
            { ...group('icons', /node_modules[\\/]@ant-design[\\/]icons(-svg)?[\\/]/), minShareCount: 2 },
            group('code', /node_modules[\\/](@codemirror|codemirror|@lezer|@marijn|style-mod|w3c-keyname|crelt)[\\/]/),
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
  server: {
    host: '127.0.0.1',
    port: 5173,
    strictPort: true,
    proxy: { '/api': process.env.KAREZ_SERVER ?? 'http://127.0.0.1:8080' },
  },
  test: {
    environmentOptions: { happyDOM: { url: 'http://karez.test/' } },
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/shared/testing/setup.ts'],
    restoreMocks: true,
    // One core less than there are, the default, is one of two.
    maxWorkers: '100%',
    testTimeout: 15_000,
  },
});
