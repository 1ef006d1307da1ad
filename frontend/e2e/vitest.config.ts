import { defineConfig } from 'vitest/config';

// Browser tests against the built program. Each file has a browser and a server of its
// own, which mostly wait for each other: two files at a time keep two cores busy.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.e2e.ts'],
    environment: 'node',
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 60_000,
    // What is looked at over and over may take as long as a step of a page.
    expect: { poll: { timeout: 20_000 } },
    reporters: ['verbose'],
  },
});
