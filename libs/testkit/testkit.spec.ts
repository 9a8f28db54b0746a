import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { eventually, FakeHttpServer, freePort, NotInTimeError, parseTable, SimClock } from './index.js';

describe('SimClock', () => {
  it('stands still until it is moved', () => {
    const clock = new SimClock(1_000);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1_000, 0]);
    clock.advance(5);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1_005, 5]);
    expect(() => clock.advance(-1)).toThrow('Invariant: time does not go back');
  });

  it('fires timers by time, then by making, at their own time, and those that they set', () => {
    const clock = new SimClock(0);
    const fired: string[] = [];
    const note = (name: string) => (): void => void fired.push(`${name}@${clock.nowMs()}`);
    clock.setTimer(20, note('late'));
    clock.setTimer(10, () => {
      note('first')();
      clock.setTimer(0, note('nested'));
    });
    clock.setTimer(10, note('second'));
    clock.setTimer(31, note('beyond'));
    clock.setTimer(5, note('cancelled'))();
    clock.advance(30);
    expect(fired).toEqual(['first@10', 'second@10', 'nested@10', 'late@20']);
    expect([clock.nowMs(), clock.timersCount]).toEqual([30, 1]);
  });

  it('advanceAsync lets a loop that sleeps go round', async () => {
    const clock = new SimClock(0);
    const rounds: number[] = [];
    void (async () => {
      for (;;) {
        await clock.sleep(10);
        rounds.push(clock.nowMs());
      }
    })();
    await clock.advanceAsync(35);
    expect(rounds).toEqual([10, 20, 30]);
  });
});

describe('parseTable', () => {
  it('reads rows by column, without rulings, comments and empty lines', () => {
    expect(
      parseTable(`
      | order    | qty | reason |
      |----------|:---:|--------|
      # the first rule
      | INFY buy | 60  |        |

      | -        | -   | DENIED |
    `),
    ).toEqual([
      { order: 'INFY buy', qty: '60', reason: '' },
      { order: '-', qty: '-', reason: 'DENIED' },
    ]);
  });

  it.each([
    ['', 'has a header'],
    ['| a |', 'a row below its header'],
    ['| a | a |\n| 1 | 2 |', 'names of their own'],
    ['| a |  |\n| 1 | 2 |', 'names of their own'],
    ['| a | b |\n| 1 |', 'a row has 2 cells'],
    ['| a |\n| 1', 'starts and ends with a bar'],
    ['| a |\n1 |', 'starts and ends with a bar'],
  ])('a slip is no missing case: %j', (text, rule) => {
    expect(() => parseTable(text)).toThrow(rule);
  });
});

describe('eventually', () => {
  it('returns the first answer that is something', async () => {
    const answers = [undefined, null, false, 0];
    await expect(eventually(() => answers.shift(), { intervalMs: 1, what: 'an answer' })).resolves.toBe(0);
  });

  it('waits through errors', async () => {
    let calls = 0;
    await expect(
      eventually(
        () => {
          if (++calls < 3) throw new TypeError('not yet');
          return calls;
        },
        { intervalMs: 1, what: 'calls' },
      ),
    ).resolves.toBe(3);
  });

  it.each([
    [
      'an error',
      () => {
        throw new TypeError('still closed');
      },
      'Not within 20 ms: the door opens (still closed)',
    ],
    ['false', () => false, "Not within 20 ms: the door opens (the check's answer was false)"],
    ['a check that hangs', () => new Promise<boolean>(() => undefined), 'Not within 20 ms: the door opens'],
  ])('gives up on %s at the deadline', async (_name, check, message) => {
    const waiting = eventually<unknown>(check, { timeoutMs: 20, intervalMs: 1, what: 'the door opens' });
    await expect(waiting).rejects.toThrow(NotInTimeError);
    await expect(waiting).rejects.toThrow(message);
  });
});

it('freePort can be listened on', async () => {
  const server = createServer().listen(await freePort(), '127.0.0.1');
  await once(server, 'listening');
  server.close();
});

describe('FakeHttpServer', () => {
  let fake: FakeHttpServer;
  afterEach(() => fake.close());

  it('answers by its script and records the requests', async () => {
    fake = await FakeHttpServer.start();
    fake.once('POST', '/orders', { status: 503 }, { status: 200, body: { id: 'B1' }, delayMs: 1 });
    fake.always('GET', '/orders', ({ path }) => ({ status: 200, body: path, headers: { 'x-page': '1' } }));
    const post = (): Promise<Response> => fetch(`${fake.url}/orders`, { method: 'POST', body: 'qty=1', headers: { 'x-a': 'b' } });
    expect((await post()).status).toBe(503);
    expect(await (await post()).json()).toEqual({ id: 'B1' });
    const read = await fetch(`${fake.url}/orders?page=1`);
    expect([await read.text(), read.headers.get('x-page')]).toEqual(['/orders?page=1', '1']);
    const unknown = await post();
    expect([unknown.status, await unknown.text()]).toEqual([501, 'no answer is scripted for POST /orders']);
    expect(fake.requests.map(({ method, path, body }) => `${method} ${path} ${body}`)).toEqual([
      'POST /orders qty=1',
      'POST /orders qty=1',
      'GET /orders?page=1 ',
      'POST /orders qty=1',
    ]);
    expect(fake.requests[0]?.headers['x-a']).toBe('b');
  });

  it('drops a connection after it read the request, and hangs until it is closed', async () => {
    fake = await FakeHttpServer.start();
    fake.once('GET', '/', 'drop', 'hang');
    await expect(fetch(fake.url)).rejects.toThrow();
    const hanging = fetch(fake.url).catch(() => 'cut');
    await eventually(() => fake.requests.length === 2, { what: 'both requests are recorded' });
    await fake.close();
    await expect(hanging).resolves.toBe('cut');
    fake = await FakeHttpServer.start(); // For afterEach.
  });
});
