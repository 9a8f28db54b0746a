import { afterEach, describe, expect, it } from '@jest/globals';
import { type MessageStream } from '@switchyard/contracts';
import { eventually } from '@switchyard/testkit';
import { openLog } from '../log/index.js';
import { StreamFollower } from './stream-follower.js';

interface Message {
  readonly value: number;
  readonly isLast: boolean;
}

/** The server's end of each stream that was opened. */
class Opened {
  message: (message: Message) => void = () => undefined;
  close: () => void = () => undefined;
  canceled = false;

  stream(): MessageStream<Message, never> {
    return {
      send: () => true,
      onMessage: (handler) => void (this.message = handler),
      onDrain: () => undefined,
      onEnd: () => undefined,
      onClose: (handler) => void (this.close = () => handler(undefined)),
      end: () => undefined,
      cancel: () => void (this.canceled = true),
    };
  }
}

const followers: StreamFollower<Message>[] = [];

function aFollower() {
  const opened: Opened[] = [];
  const taken: number[] = [];
  const follower = new StreamFollower<Message>({
    what: 'the numbers',
    log: openLog({ level: 'silent', format: 'json', process: 'test' }),
    open: () => {
      opened.push(new Opened());
      return (opened[opened.length - 1] as Opened).stream();
    },
    take: ({ value, isLast }) => {
      taken.push(value);
      return isLast;
    },
  });
  followers.push(follower);
  return { follower, opened, taken };
}

afterEach(() => {
  for (const follower of followers.splice(0)) follower.stop();
});

describe('a followed stream', () => {
  it('is ready once its snapshot is complete, and stays so while it is broken', async () => {
    const { follower, opened, taken } = aFollower();
    follower.start();
    opened[0]?.message({ value: 1, isLast: false });
    expect(follower.ready()).toBe('the numbers are not known yet');
    opened[0]?.message({ value: 2, isLast: true });
    await follower.whenComplete;
    opened[0]?.close();
    expect(follower.ready()).toBe(true);
    expect(taken).toEqual([1, 2]);
  });

  it('is opened again when it ends', async () => {
    const { follower, opened, taken } = aFollower();
    follower.start();
    opened[0]?.close();
    await eventually(() => opened.length === 2, { what: 'the second stream' });
    opened[1]?.message({ value: 3, isLast: true });
    expect(taken).toEqual([3]);
  });

  it('is cancelled by stop, and what comes late is not taken', async () => {
    const { follower, opened, taken } = aFollower();
    follower.start();
    follower.stop();
    opened[0]?.message({ value: 1, isLast: true });
    opened[0]?.close();
    expect(opened[0]?.canceled).toBe(true);
    expect(taken).toEqual([]);
    expect(opened).toHaveLength(1);
  });
});
