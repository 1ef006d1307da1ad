import { expect, it } from 'vitest';
import { committed, generated } from '../../../scripts/types.mjs';

it('the types are those of the server\'s description: `make generate` writes them anew', async () => {
  expect(committed()).toBe(await generated());
});
