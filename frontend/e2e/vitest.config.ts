import { defineConfig } from 'vitest/config';

// Browser tests against the built program: one file after the other, because each
// has a browser and a server of its own on two cores.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.e2e.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 60_000,
    reporters: ['verbose'],
  },
});
