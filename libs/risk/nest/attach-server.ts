// Serves the streams of owners: many shards on one stream, frames of whatever came in a turn. The protocol itself is `RiskShard`; here are the bytes, the snapshot that is read
// before a shard begins, and the checks that wait for a quote.
import { type MessageStream } from '@switchyard/contracts';
import { type AttachRequest, type AttachResponse, type Check, type RiskMessage } from '@switchyard/contracts/gen/risk/v1/service';
import { type Clock, shardsCount } from '@switchyard/kernel';
import { framer, type Framer } from '@switchyard/platform/calls';
import { type Logger } from '@switchyard/platform/log';
import { openSpan } from '@switchyard/platform/telemetry';
import { type FromOwner, lacksQuote, RiskShard, type Rules } from '@switchyard/risk-core';
import { type MarketWatch } from './market-watch.js';
import { type RuleKeeper } from './rule-keeper.js';

/** What a fetched quote leaves of a check's deadline for judging and for the way back. */
const answerReserveMs = 10;
/** An owner attaches again as soon as it is detached: what failed once is not tried in a tight loop. */
const detachPauseMs = 500;

/** A stream of one owner process. */
interface Link {
  readonly out: Framer<RiskMessage>;
  closed: boolean;
  /** Checks that wait for a quote, per shard, with those that came after them: decisions keep the order of the checks. */
  readonly waiting: Map<number, Check[]>;
}

export interface AttachServerOptions {
  readonly rules: Rules;
  readonly keeper: RuleKeeper;
  readonly market: MarketWatch;
  readonly clock: Clock;
  readonly log: Logger;
  /** The stored exposure of a shard, if any. */
  readonly readSnapshot: (shard: number) => Promise<Uint8Array | undefined>;
  /** Facts of the shard were folded. */
  readonly folded: (shard: RiskShard<object>) => void;
  /** For metrics: the failed check (empty for an approval) and the microseconds. */
  /** Name of this process. */
  readonly process: string;
  readonly decided: (reason: number, tookUs: number) => void;
}

export class AttachServer {
  readonly #shards = new Map<number, RiskShard<Link>>();
  readonly #links = new Set<Link>();
  readonly #options: AttachServerOptions;

  constructor(options: AttachServerOptions) {
    this.#options = options;
    options.keeper.onHalts(() => this.#links.forEach((link) => this.#tellHalts(link)));
  }

  /** A shard that is known to this process, in whatever phase. */
  shard(shard: number): RiskShard<Link> | undefined {
    return this.#shards.get(shard);
  }

  shards(): IterableIterator<RiskShard<Link>> {
    return this.#shards.values();
  }

  /** Serves a stream until it ends. */
  serve(stream: MessageStream<AttachRequest, AttachResponse>): void {
    const out = framer(
      (frame: AttachResponse) => stream.send(frame),
      (messages: RiskMessage[]) => ({ messages }),
    );
    const link: Link = { out, closed: false, waiting: new Map() };
    this.#links.add(link);
    stream.onDrain(() => out.resume());
    stream.onMessage(({ messages }) => {
      for (const { shard, message } of messages) if (message !== undefined) this.#take(link, shard, message);
    });
    stream.onEnd(() => stream.end());
    stream.onClose((error) => {
      this.#options.log.info({ err: error }, 'the stream of an owner ended');
      link.closed = true;
      this.#links.delete(link);
      for (const shard of this.#shards.values()) shard.broken(link);
    });
    if (this.#options.keeper.isLoaded) this.#tellHalts(link);
  }

  #take(link: Link, shardNumber: number, message: FromOwner): void {
    if (message.$case === 'attach') return void this.#attach(link, shardNumber, message.value.lastSeq);
    const shard = this.#shards.get(shardNumber);
    if (shard === undefined || !shard.isHeldBy(link)) return;
    if (message.$case === 'check' && this.#mustWait(link, shard, message.value)) return;
    if (message.$case === 'abandon') dropWaiting(link, shardNumber, message.value.checkId);
    this.#receive(link, shard, message);
    if (message.$case === 'event') this.#options.folded(shard);
  }

  /** Answers `attached` once limits, halts and instruments are known: before that no decision of this process would be worth anything. */
  async #attach(link: Link, shardNumber: number, lastSeq: number): Promise<void> {
    const { keeper, market, log, readSnapshot } = this.#options;
    if (!Number.isInteger(shardNumber) || shardNumber < 0 || shardNumber >= shardsCount)
      return log.error({ shard: shardNumber }, 'an owner attached a shard that does not exist');
    const shard = this.#shardOf(shardNumber);
    link.waiting.delete(shardNumber);
    const former = shard.claim(link);
    former?.waiting.delete(shardNumber);
    former?.out.add({ shard: shardNumber, message: { $case: 'detached', value: { text: 'a newer attach has taken the shard' } } });
    const claim = shard.claims;
    try {
      await Promise.all([keeper.refreshed(), market.whenReady]);
      const snapshot = shard.foldedSeq === 0 ? await readSnapshot(shardNumber) : undefined;
      if (shard.claims !== claim) return; // A newer attach, perhaps of the same stream, goes on from here.
      this.#begin(link, shard, lastSeq, snapshot);
    } catch (error) {
      log.warn({ err: error, shard: shardNumber }, 'the snapshot of a shard could not be read');
      if (shard.claims !== claim) return;
      shard.broken(link);
      this.#detach(link, shard, 'limits, halts or the snapshot could not be read');
    }
  }

  #begin(link: Link, shard: RiskShard<Link>, lastSeq: number, snapshot: Uint8Array | undefined): void {
    const { log } = this.#options;
    if (link.closed) return shard.broken(link);
    let attached;
    try {
      attached = shard.begin(link, lastSeq, snapshot);
    } catch (error) {
      log.error({ err: error, shard: shard.shard }, 'the snapshot of a shard is not readable; it is rebuilt from the first fact');
      attached = shard.begin(link, lastSeq, undefined);
    }
    if (attached !== undefined) link.out.add({ shard: shard.shard, message: attached });
  }

  /** True where the check waits: for a quote, or behind one that does. */
  #mustWait(link: Link, shard: RiskShard<Link>, check: Check): boolean {
    const queue = link.waiting.get(shard.shard);
    if (queue !== undefined) return queue.push(check) > 0;
    if (shard.phase !== 'READY' || lacksQuote(this.#options.rules, shard.exposure, check, this.#options.clock.nowMs()) === undefined)
      return false;
    const waiting = [check];
    link.waiting.set(shard.shard, waiting);
    void this.#judgeWaiting(link, shard, waiting);
    return true;
  }

  async #judgeWaiting(link: Link, shard: RiskShard<Link>, waiting: Check[]): Promise<void> {
    const { rules, market, clock } = this.#options;
    for (;;) {
      const check = waiting[0];
      if (check === undefined) break;
      const instrumentId = lacksQuote(rules, shard.exposure, check, clock.nowMs());
      if (instrumentId !== undefined) await market.fetch(instrumentId, check.deadlineMs - answerReserveMs);
      if (link.waiting.get(shard.shard) !== waiting) return; // The shard was detached or attached anew meanwhile.
      if (waiting[0] !== check) continue; // It was abandoned.
      waiting.shift();
      this.#receive(link, shard, { $case: 'check', value: check });
    }
    link.waiting.delete(shard.shard);
  }

  #receive(link: Link, shard: RiskShard<Link>, message: FromOwner): void {
    const span =
      message.$case === 'check' && message.value.traceparent !== '' ? openSpan(message.value.traceparent, 'risk.judge') : undefined;
    const answer = shard.receive(link, message);
    span?.end();
    if (answer === undefined) return;
    if (answer.$case === 'detached') {
      // A gap, or a fact that can't be folded: a defect of owner or risk, and orders of the shard wait.
      this.#options.log.error({ page: true, shard: shard.shard, text: answer.value.text }, 'a shard is to be attached again');
      return this.#detach(link, shard, answer.value.text);
    }
    const decision = answer.$case === 'decision' ? answer.value.decision : undefined;
    if (decision !== undefined) {
      decision.process = this.#options.process;
      this.#options.decided(decision.reason, decision.tookUs);
    }
    link.out.add({ shard: shard.shard, message: answer });
  }

  /** Tells the owner to attach again, in a moment, unless it has done so by itself. */
  #detach(link: Link, shard: RiskShard<Link>, text: string): void {
    link.waiting.delete(shard.shard);
    const claim = shard.claims;
    setTimeout(() => {
      if (shard.claims === claim && !link.closed) link.out.add({ shard: shard.shard, message: { $case: 'detached', value: { text } } });
    }, detachPauseMs).unref();
  }

  #tellHalts(link: Link): void {
    const { version, halts } = this.#options.keeper.book.halts;
    link.out.add({ shard: -1, message: { $case: 'haltsChanged', value: { haltVersion: version, halts: [...halts] } } });
  }

  #shardOf(shardNumber: number): RiskShard<Link> {
    let shard = this.#shards.get(shardNumber);
    if (shard === undefined) {
      shard = new RiskShard<Link>(shardNumber, this.#options.rules, this.#options.clock);
      this.#shards.set(shardNumber, shard);
    }
    return shard;
  }
}

function dropWaiting(link: Link, shard: number, checkId: number): void {
  const waiting = link.waiting.get(shard);
  const at = waiting?.findIndex((check) => check.checkId === checkId) ?? -1;
  if (at >= 0) waiting?.splice(at, 1);
}
