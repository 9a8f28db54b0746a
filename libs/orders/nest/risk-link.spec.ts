import { describe, expect, it } from '@jest/globals';
import { type Calls } from '@switchyard/contracts';
import { type AttachRequest, type AttachResponse, type RiskMessage } from '@switchyard/contracts/gen/risk/v1/service';
import { ScriptedStream } from '@switchyard/contracts/testing/scripted-stream';
import { turns } from '@switchyard/testkit';
import pino from 'pino';
import { RiskLink } from './risk-link.js';

/** A link over a stream that keeps what was sent; `told` says something in risk's name. */
function linked(owned: Set<number>) {
  const stream = new ScriptedStream<AttachResponse, AttachRequest>();
  const calls = { any: () => ({ attach: () => stream }) } as unknown as Calls;
  const shards = {
    owned: () => [...owned],
    holderId: () => 'me',
    settled: () => Promise.resolve(),
    lastSeq: () => Promise.resolve(0),
    read: () => emptyJournal(),
  };
  const link = new RiskLink(calls, shards, { nowMs: () => 0 }, pino({ level: 'silent' }), () => undefined);
  const told = (shard: number, message: RiskMessage['message']): void => stream.say({ messages: [{ shard, message }] });
  const attaches = (): number[] =>
    stream.sent.flatMap(({ messages }) => messages.filter(({ message }) => message?.$case === 'attach').map(({ shard }) => shard));
  return { link, told, attaches };
}

async function* emptyJournal(): AsyncGenerator<never> {
  // Nothing was ever written.
}

describe('the link to risk', () => {
  it('attaches what is owned, and again when risk asks for it', async () => {
    const { link, told, attaches } = linked(new Set([7]));
    link.start();
    await turns(5);
    expect(attaches()).toEqual([7]);
    told(7, { $case: 'detached', value: { text: 'a gap was found' } });
    await turns(5);
    expect(attaches()).toEqual([7, 7]);
    link.stop();
  });

  it('does not take a shard back that was given to another gateway, or the two would take it from each other for ever', async () => {
    const owned = new Set([7]);
    const { link, told, attaches } = linked(owned);
    link.start();
    await turns(5);
    owned.delete(7);
    link.dropped(7);
    told(7, { $case: 'detached', value: { text: 'a newer attach has taken the shard' } });
    await turns(5);
    expect(attaches()).toEqual([7]);
    link.stop();
  });

  it('does not attach a shard that was given away while its journal was read', async () => {
    const owned = new Set<number>();
    const { link, attaches } = linked(owned);
    link.start();
    owned.add(7);
    link.acquired(7);
    owned.delete(7);
    await turns(5);
    expect(attaches()).toEqual([]);
    link.stop();
  });
});
