import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Server } from './kit';

const root = resolve(import.meta.dirname, '../..');

/** How many documents a run of the made ones reads; runs are a minute apart and end now. */
export const PER_RUN = 1000;
/** Of so many made documents one is rejected. */
export const REJECTED = 10;

/**
 * Makes many documents of those that were delivered, in the database of the server, which
 * is stopped and started again for it. Their numbers are MANY0000001 and so on, the last
 * the newest; counts balance, and what is rejected can be sent again.
 */
export async function makeMany(server: Server, documents: number): Promise<void> {
  await server.halt();
  execFileSync('go', ['run', './deploy/many', '-data', server.data, '-documents', String(documents), '-run', String(PER_RUN), '-rejected', String(REJECTED)], { cwd: root, stdio: 'inherit' });
  await server.resume();
}

/** The number of the made document with a place in their order, from 1. */
export const numberOf = (place: number): string => `MANY${String(place).padStart(7, '0')}`;
