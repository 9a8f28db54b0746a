import { afterEach, describe, expect, it } from '@jest/globals';
import { type Calls, RequestKind } from '@switchyard/contracts';
import { type AttachRequest, type AttachResponse, type OwnerMessage, type RiskMessage } from '@switchyard/contracts/gen/risk/v1/service';
import { ScriptedStream } from '@switchyard/contracts/testing/scripted-stream';
import { type RiskCheck } from '@switchyard/orders-core';
import { aContent, aDecision } from '@switchyard/orders-core/testing';
import { Deferred } from '@switchyard/kernel';
import { turns } from '@switchyard/testkit';
import pino from 'pino';
import { RiskLink } from './risk-link.js';

/** Shard 7, whose journal is empty; each attempt to attach waits until the test says that its statements have settled. */
class Link {
  readonly settled: Deferred<void>[] = [];
  nowMs = 0;
  readonly link: RiskLink;
  readonly #stream = new ScriptedStream<AttachResponse, AttachRequest>();

  constructor() {
    const shards = {
      owned: () => [7],
      holderId: () => 'me',
      settled: () => {
        const settled = new Deferred<void>();
        this.settled.push(settled);
        return settled.promise;
      },
      lastSeq: () => Promise.resolve(0),
      read: async function* (): AsyncGenerator<never> {
        // Nothing was ever written.
      },
    };
    const calls = { any: () => ({ attach: () => this.#stream }) } as unknown as Calls;
    this.link = new RiskLink(calls, shards, { nowMs: () => this.nowMs }, pino({ level: 'silent' }), () => undefined);
    this.link.start();
  }

  async settle(attempt: number): Promise<void> {
    this.settled[attempt]?.resolve();
    await turns(5);
  }

  async told(message: RiskMessage['message']): Promise<void> {
    this.#stream.say({ messages: [{ shard: 7, message }] });
    await turns(5);
  }

  get sent(): OwnerMessage[] {
    return this.#stream.sent.flatMap(({ messages }) => messages);
  }

  get said(): string[] {
    return this.sent.map(({ message }) => message?.$case ?? '');
  }
}

const check: RiskCheck = {
  shard: 7,
  accountId: 'DEMO',
  kind: RequestKind.NEW,
  orderId: 'o',
  content: aContent(),
  brokerAccountId: 'PAPER-1',
  broker: 'paper',
  deadlineMs: 50,
  traceparent: '',
};

describe('attaching a shard to risk', () => {
  let under: Link;
  afterEach(() => under.link.stop());

  it('once more while the first attempt waits gives one attach', async () => {
    under = new Link();
    under.link.acquired(7);
    await under.settle(0);
    await under.settle(1);
    expect(under.said).toEqual(['attach']);
  });

  it('once more never leaves an approval of the former attach standing', async () => {
    under = new Link();
    under.link.acquired(7); // The second attempt waits for a statement that takes its time.
    await under.settle(0);
    await under.told({ $case: 'attached', value: { fromSeq: 1 } });
    await under.told({ $case: 'ready', value: { seq: 0 } });
    const asked = under.link.check(check);
    await turns(5);
    await under.told({ $case: 'decision', value: { checkId: 1, decision: aDecision() } });
    await under.settle(1);
    under.nowMs = 1_000;
    const verdict = await asked;
    expect(verdict.kind === 'approved' && verdict.approval.valid()).toBe(false);
    expect(under.said).toEqual(['attach']);
  });

  it('begins anew when an answer to a former attach was taken for its own', async () => {
    under = new Link();
    await under.settle(0);
    await under.told({ $case: 'attached', value: { fromSeq: 1 } });
    await under.told({ $case: 'attached', value: { fromSeq: 1 } });
    await under.settle(1);
    expect(under.said).toEqual(['attach', 'caughtUp', 'attach']);
  });

  it('gives up a check whose time is over, so that no reservation stays, and remembers nothing of it', async () => {
    under = new Link();
    await under.settle(0);
    await under.told({ $case: 'attached', value: { fromSeq: 1 } });
    await under.told({ $case: 'ready', value: { seq: 0 } });
    const asked = under.link.check(check);
    await turns(5);
    under.nowMs = 51;
    expect(await asked).toMatchObject({ kind: 'unavailable' });
    await turns(5);
    expect(under.sent.at(-1)).toEqual({ shard: 7, message: { $case: 'abandon', value: { checkId: 1 } } });
    await under.told({ $case: 'decision', value: { checkId: 1, decision: aDecision() } });
    expect(under.said).toEqual(['attach', 'caughtUp', 'check', 'abandon']);
  });
});
