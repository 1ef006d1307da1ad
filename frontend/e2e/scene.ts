import { afterAll, afterEach, expect } from 'vitest';
import { Desk } from './designer.kit';
import { Person, Server } from './kit';

/** Where the tests of one file play. */
export interface Scene {
  server: Server;
  /** Who set the product up. */
  amy: Person;
  desk: Desk;
}

/**
 * Starts the product and lets a person set it up, for the tests of one file. A test
 * that fails leaves a picture named after the file; nothing may go wrong in the
 * browser during any of them.
 */
export async function scene(file: string): Promise<Scene> {
  const server = await Server.start();
  const amy = await Person.arrive(server);
  afterAll(async () => {
    await amy.leave();
    await server.stop();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await amy.picture(`${file}-failed-${task.name.replace(/\W+/g, '-')}`);
    expect(amy.wrong).toEqual([]);
  });
  await amy.setUp();
  return { server, amy, desk: new Desk(amy, server) };
}
