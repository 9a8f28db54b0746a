import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@switchyard/testkit';
import { pino } from 'pino';
import { localStream, type LocalStream } from '../calls/local-stream.js';
import { ConflatedFeed } from './conflated-feed.js';

interface Item {
  key: string;
  value: number;
}
interface Message {
  items: Item[];
  snapshotEnd: boolean;
}

const open: LocalStream<Message, never>[] = [];
afterEach(() => open.splice(0).forEach((stream) => stream.cancel()));

function feed(snapshot: Item[], itemsPerMessageMax = 2) {
  const { caller, server } = localStream<never, Message>({ method: 'test', freeze: 'deep', log: pino({ level: 'silent' }) });
  open.push(caller);
  let closed = 0;
  const conflated = new ConflatedFeed<Item, Message>(
    server,
    snapshot,
    { keyOf: (item) => item.key, itemsPerMessageMax, message: (items, snapshotEnd) => ({ items, snapshotEnd }) },
    () => closed++,
  );
  const received: Message[] = [];
  return { caller, conflated, received, listen: () => caller.onMessage((message) => received.push(message)), closed: () => closed };
}

const text = (messages: Message[]) =>
  messages.map(({ items, snapshotEnd }) => items.map((item) => `${item.key}${item.value}`).join(' ') + (snapshotEnd ? ' end' : ''));

describe('a conflated feed', () => {
  it('sends the snapshot in messages of the allowed size, and says where it ends', async () => {
    const { received, listen } = feed([1, 2, 3].map((value) => ({ key: `k${value}`, value })));
    listen();
    await eventually(() => received.at(-1)?.snapshotEnd, { what: 'the end of the snapshot' });
    expect(text(received)).toEqual(['k11 k22', 'k33 end']);
  });

  it('says that an empty snapshot has ended', async () => {
    const { received, listen } = feed([]);
    listen();
    await eventually(() => received.length > 0, { what: 'a message' });
    expect(text(received)).toEqual([' end']);
  });

  it('sends what changed in one turn together, the newest of each key', async () => {
    const { received, listen, conflated } = feed([{ key: 'a', value: 1 }], 10);
    listen();
    await eventually(() => received.length === 1, { what: 'the snapshot' });
    for (const item of [
      { key: 'a', value: 2 },
      { key: 'b', value: 1 },
      { key: 'a', value: 3 },
    ])
      conflated.changed(item);
    await eventually(() => received.length === 2, { what: 'the change' });
    expect(text(received)).toEqual(['a1 end', 'a3 b1']);
  });

  it('puts a change during the snapshot in its place, and a new key behind it', async () => {
    const { received, listen, conflated } = feed([1, 2, 3].map((value) => ({ key: `k${value}`, value })));
    conflated.changed({ key: 'k3', value: 9 });
    conflated.changed({ key: 'new', value: 1 });
    listen();
    await eventually(() => text(received).includes('new1'), { what: 'the new key' });
    expect(text(received)).toEqual(['k11 k22', 'k39 end', 'new1']);
  });

  it('keeps the newest per key while the reader does not read, and gives it when it does', async () => {
    const { received, listen, conflated } = feed([], 1);
    for (let value = 1; value <= 5_000; value++) {
      conflated.changed({ key: `k${value % 3}`, value });
      if (value % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    listen();
    await eventually(() => received.some(({ items }) => items[0]?.value === 5_000), { what: 'the newest' });
    expect(received.length).toBeLessThan(1_500); // The stream's bound, not the number of changes.
    const newest = new Map(received.flatMap(({ items }) => items.map((item) => [item.key, item.value])));
    expect([...newest.values()].sort()).toEqual([4_998, 4_999, 5_000]);
  });

  it('tells once that its reader is gone, and takes no more', async () => {
    const { caller, conflated, closed } = feed([{ key: 'a', value: 1 }]);
    caller.cancel();
    await eventually(() => closed() === 1, { what: 'the close' });
    conflated.changed({ key: 'a', value: 2 });
    expect(closed()).toBe(1);
  });
});
