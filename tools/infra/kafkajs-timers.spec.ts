import { readFileSync, globSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createRequire } from 'node:module';
import { guardKafkajsTimers } from './kafkajs-timers.js';

const root = path.join(import.meta.dirname, '../..');

describe('a client of kafkajs', () => {
  it('arms no timer while no request waits', () => {
    guardKafkajsTimers();
    const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
      prototype: { scheduleCheckPendingRequests(): void };
    };
    const queue = { pending: [], throttledUntil: -1, throttleCheckTimeoutId: null };
    prototype.scheduleCheckPendingRequests.call(queue);
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  it('is made nowhere without the guard', () => {
    const makers = globSync('{apps,bench,chaos,e2e,libs,tools}/**/*.ts', { cwd: root, exclude: (name) => /node_modules|dist/.test(name) })
      .map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }))
      .filter(({ text }) => /new (kafkajs\.)?Kafka\(/.test(text));
    expect(makers.length).toBeGreaterThan(3);
    expect(makers.filter(({ text }) => !/^ *guard(Kafkajs)?Timers\(\);$/m.test(text)).map(({ file }) => file)).toEqual([]);
  });
});
