// The link to risk holds to what every gate does; risk at the other end of its stream says what the test wants.
import { afterEach, beforeEach, describe, it } from '@jest/globals';
import { type Calls } from '@switchyard/contracts';
import { type AttachRequest, type AttachResponse, type Check, type RiskMessage } from '@switchyard/contracts/gen/risk/v1/service';
import { type RiskDecision } from '@switchyard/contracts/gen/orders/v1/order';
import { ScriptedStream } from '@switchyard/contracts/testing/scripted-stream';
import { demoShard, riskGateFacts, type RiskGateUnderTest } from '@switchyard/orders-core/testing';
import { eventually, turns } from '@switchyard/testkit';
import pino from 'pino';
import { RiskLink } from './risk-link.js';

/** One end of a stream as the link sees it, and the messages of it that risk got. */
class RiskEnd {
  readonly checks: Check[] = [];
  readonly dropped: number[] = [];
  wasAttached = false;
  caughtUp = false;
  decided = 0;

  readonly stream = new ScriptedStream<AttachResponse, AttachRequest>(({ messages }) => {
    for (const { message } of messages) {
      if (message?.$case === 'attach') this.wasAttached = true;
      else if (message?.$case === 'caughtUp') this.caughtUp = true;
      else if (message?.$case === 'check') this.checks.push(message.value);
      else if (message?.$case === 'abandon') this.dropped.push(message.value.checkId);
    }
  });

  say(message: RiskMessage['message']): void {
    this.stream.say({ messages: [{ shard: demoShard, message }] });
  }
}

class LinkUnderTest implements RiskGateUnderTest {
  readonly ends: RiskEnd[] = [];
  readonly gate: RiskLink;
  #nowMs = 1_000;

  constructor() {
    const attach = (): unknown => {
      const end = new RiskEnd();
      this.ends.push(end);
      return end.stream;
    };
    const shards = {
      owned: () => [demoShard],
      holderId: () => 'me',
      settled: () => Promise.resolve(),
      lastSeq: () => Promise.resolve(0),
      read: async function* (): AsyncGenerator<never> {
        // Nothing was ever written.
      },
    };
    const calls = { any: () => ({ attach }) } as unknown as Calls;
    this.gate = new RiskLink(calls, shards, { nowMs: () => this.#nowMs }, pino({ level: 'silent' }), () => undefined);
    this.gate.start();
  }

  nowMs(): number {
    return this.#nowMs;
  }

  async asked(): Promise<string[]> {
    await turns(5);
    return this.ends.flatMap(({ checks }) => checks.map(({ orderId }) => orderId));
  }

  async dropped(): Promise<string[]> {
    await turns(5);
    return this.ends.flatMap(({ checks, dropped }) =>
      dropped.map((id) => checks.find(({ checkId }) => checkId === id)?.orderId ?? 'what it was not asked'),
    );
  }

  async decide(decision: RiskDecision): Promise<void> {
    const end = this.ends.at(-1) as RiskEnd;
    const { checkId } = await eventually(() => end.checks[end.decided], { what: 'a check' });
    end.decided++;
    end.say({ $case: 'decision', value: { checkId, decision } });
  }

  async pass(durationMs: number): Promise<void> {
    await turns(5);
    this.#nowMs += durationMs;
  }

  async break(): Promise<void> {
    await turns(5);
    this.ends.at(-1)?.stream.break();
  }

  /** The link asks for it by itself, and has nobody's answer until here. */
  async attach(): Promise<void> {
    const end = await eventually(() => this.ends.find(({ wasAttached, caughtUp }) => wasAttached && !caughtUp), { what: 'an attach' });
    end.say({ $case: 'attached', value: { fromSeq: 1 } });
    await eventually(() => end.caughtUp, { what: 'the journal, which is empty' });
    end.say({ $case: 'ready', value: { seq: 0 } });
  }
}

describe('the link to risk', () => {
  let under: LinkUnderTest;
  beforeEach(async () => {
    under = new LinkUnderTest();
    await under.attach();
  });
  afterEach(() => under.gate.stop());

  it.each(riskGateFacts)('$fact', ({ holds }) => holds(under));
});
