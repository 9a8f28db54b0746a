// The stream from this process' shards to risk: their journals one way, decisions the other. Risk's exposure is exactly the owner's (architecture.md 5).
import { type Calls, type Halt, type MessageStream, RISK_SERVICE } from '@switchyard/contracts';
import {
  type AttachRequest,
  type AttachResponse,
  type Decision,
  type OwnerMessage,
  type RiskMessage,
} from '@switchyard/contracts/gen/risk/v1/service';
import { type Approval, type CommittedEvent, type RiskCheck, type RiskGate, type RiskVerdict } from '@switchyard/orders-core';
import { type Clock } from '@switchyard/kernel';
import { type Framer, framer } from '@switchyard/platform/calls';
import { type Logger } from 'pino';

const reconnectMs = 100;
/** Between two looks for checks whose time is over; each wakes the process. */
const sweepMs = 50;

interface PendingCheck {
  readonly check: RiskCheck;
  readonly resolve: (verdict: RiskVerdict) => void;
}

/** One shard on the stream of now. */
interface Attached {
  readonly shard: number;
  /** Identifies this attach: approvals hold it, and lapse with it. */
  readonly attach: { alive: boolean };
  nextSeq: number;
  live: boolean;
  ready: boolean;
}

/** What the link needs of the shards that this process owns. */
export interface RiskLinkShards {
  owned(): readonly number[];
  holderId(): string;
  /** Resolves when every append that was under way at the call has its outcome. */
  settled(shard: number): Promise<void>;
  lastSeq(shard: number): Promise<number>;
  /** Committed events of a shard from a sequence on, as the journal has them. */
  read(shard: number, fromSeq: number): AsyncIterable<readonly { readonly seq: number; readonly payload: Uint8Array }[]>;
}

export class RiskLink implements RiskGate {
  #stream: MessageStream<AttachResponse, AttachRequest> | undefined;
  #out: Framer<OwnerMessage> | undefined;
  readonly #attached = new Map<number, Attached>();
  /** The newest attempt to attach each shard. Of two at once the older one gives way: both would feed the same attach. */
  readonly #attempts = new Map<number, object>();
  readonly #waiting: PendingCheck[] = [];
  readonly #asked = new Map<number, PendingCheck & { readonly attach: { alive: boolean } }>();
  #nextCheckId = 1;
  readonly #drained: (() => void)[] = [];
  #hasRoom = true;
  #sweeper: NodeJS.Timeout | undefined;
  #reconnect: NodeJS.Timeout | undefined;
  #stopped = true;

  constructor(
    private readonly calls: Calls,
    private readonly shards: RiskLinkShards,
    private readonly clock: Pick<Clock, 'nowMs'>,
    private readonly log: Logger,
    private readonly onHalts: (version: number, halts: readonly Halt[]) => void,
  ) {}

  start(): void {
    this.#stopped = false;
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#reconnect);
    clearInterval(this.#sweeper);
    this.#stream?.end();
    this.#broken('this process stops');
  }

  /** True, or what is missing. */
  ready(): true | string {
    const waiting = this.shards.owned().filter((shard) => this.#attached.get(shard)?.ready !== true);
    return waiting.length === 0 || `risk has not folded ${waiting.length} of ${this.shards.owned().length} shards yet`;
  }

  /** The shard is owned now. */
  acquired(shard: number): void {
    if (this.#out !== undefined) void this.#attach(shard);
  }

  /** The shard is owned no more. */
  dropped(shard: number): void {
    if (this.#attached.has(shard)) this.#out?.add({ shard, message: { $case: 'detach', value: {} } });
    this.#attempts.delete(shard);
    this.#lapse(shard);
  }

  /** Events were committed; in the order of the journal. */
  committed(shard: number, events: readonly CommittedEvent[]): void {
    const attached = this.#attached.get(shard);
    if (attached?.live !== true) return;
    for (const { seq, payload } of events) {
      if (seq === attached.nextSeq) this.#sendEvent(attached, seq, payload);
      // While the journal is being read, the reader's own look at its head finds what was committed meanwhile.
      else if (seq > attached.nextSeq && attached.ready) return void this.#attach(shard);
    }
  }

  check(check: RiskCheck): Promise<RiskVerdict> {
    return new Promise((resolve) => {
      const pending = { check, resolve };
      const attached = this.#attached.get(check.shard);
      if (attached?.ready === true) this.#ask(pending, attached);
      else this.#waiting.push(pending);
      this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs);
    });
  }

  #connect(): void {
    if (this.#stopped) return;
    const stream = this.calls.any(RISK_SERVICE).attach({});
    const out = framer(
      (frame: AttachRequest) => stream.send(frame),
      (messages: OwnerMessage[]) => ({ messages }),
    );
    this.#stream = stream;
    this.#out = out;
    stream.onDrain(() => {
      out.resume();
      for (const resume of this.#drained.splice(0)) resume();
    });
    stream.onMessage((frame) => {
      for (const message of frame.messages) this.#take(message);
    });
    stream.onEnd(() => stream.end());
    stream.onClose((error) => {
      if (this.#stream !== stream) return;
      this.log.info({ err: error }, 'the stream to risk ended; nothing is accepted until it is back');
      this.#broken('the stream to risk broke');
      if (!this.#stopped) this.#reconnect = setTimeout(() => this.#connect(), reconnectMs);
    });
    for (const shard of this.shards.owned()) void this.#attach(shard);
  }

  /** Only what this process owns: a shard that was given away would be taken from its new owner, who would take it back, and so on. */
  async #attach(shard: number): Promise<void> {
    const out = this.#out;
    const attempt = {};
    this.#lapse(shard);
    this.#attempts.set(shard, attempt);
    if (!this.shards.owned().includes(shard)) return;
    try {
      // A statement that was built with an approval of the former attach must be in the journal before risk has come to the present.
      await this.shards.settled(shard);
      const lastSeq = await this.shards.lastSeq(shard);
      if (this.#attempts.get(shard) !== attempt || out === undefined || out !== this.#out) return;
      if (!this.shards.owned().includes(shard)) return;
      this.#attached.set(shard, { shard, attach: { alive: true }, nextSeq: 0, live: false, ready: false });
      out.add({ shard, message: { $case: 'attach', value: { holderId: this.shards.holderId(), lastSeq } } });
    } catch (error) {
      this.log.warn({ err: error, shard }, 'the journal could not be read; the shard is attached again');
      const again = (): void => (this.#attempts.get(shard) === attempt ? this.acquired(shard) : undefined);
      setTimeout(again, reconnectMs).unref();
    }
  }

  #take({ shard, message }: RiskMessage): void {
    const attached = this.#attached.get(shard);
    switch (message?.$case) {
      case 'attached':
        if (attached === undefined) return;
        // A second answer: the first one was meant for an attach before this one, and what was fed since is not what risk asked for.
        return void (attached.nextSeq === 0 ? this.#feed(attached, message.value.fromSeq) : this.#attach(shard));
      case 'ready':
        if (attached === undefined) return;
        attached.ready = true;
        for (const pending of this.#waiting.splice(0)) this.#askOrWait(pending);
        return;
      case 'decision':
        return this.#decided(message.value);
      case 'detached':
        this.log.warn({ shard, text: message.value.text }, 'risk wants the shard attached again');
        return void this.#attach(shard);
      case 'haltsChanged':
        return this.onHalts(message.value.haltVersion, message.value.halts);
      case undefined:
        this.log.error({ page: true }, 'risk sent a message that this version does not know; the stream is made anew');
        this.#stream?.cancel();
    }
  }

  /** Streams the journal from risk's snapshot into the present, then says so. */
  async #feed(attached: Attached, fromSeq: number): Promise<void> {
    const { shard } = attached;
    attached.nextSeq = fromSeq;
    try {
      for (;;) {
        const startSeq = attached.nextSeq;
        for await (const rows of this.shards.read(shard, startSeq)) {
          if (this.#attached.get(shard) !== attached) return;
          for (const { seq, payload } of rows) this.#sendEvent(attached, seq, payload);
          await this.#room();
        }
        // Nothing came since the last read began: from here on commits feed it. No event-loop turn lies between this test and `live`.
        if (attached.nextSeq === startSeq) break;
      }
      if (this.#attached.get(shard) !== attached) return;
      attached.live = true;
      // A commit between the last read and now was not fed; the head tells.
      if ((await this.shards.lastSeq(shard)) >= attached.nextSeq) {
        attached.live = false;
        return await this.#feed(attached, attached.nextSeq);
      }
      if (this.#attached.get(shard) === attached)
        this.#out?.add({ shard, message: { $case: 'caughtUp', value: { seq: attached.nextSeq - 1 } } });
    } catch (error) {
      this.log.warn({ err: error, shard }, 'the journal could not be read for risk');
      if (this.#attached.get(shard) === attached) void this.#attach(shard);
    }
  }

  #sendEvent(attached: Attached, seq: number, payload: Uint8Array): void {
    attached.nextSeq = seq + 1;
    this.#hasRoom =
      this.#out?.add({ shard: attached.shard, message: { $case: 'event', value: { seq, payload: payload as Buffer } } }) ?? false;
  }

  /** Resolves when the stream takes more, or is over. */
  #room(): Promise<void> {
    return this.#hasRoom || this.#out === undefined ? Promise.resolve() : new Promise((resolve) => this.#drained.push(resolve));
  }

  #askOrWait(pending: PendingCheck): void {
    const attached = this.#attached.get(pending.check.shard);
    if (attached?.ready === true) this.#ask(pending, attached);
    else this.#waiting.push(pending);
  }

  #ask(pending: PendingCheck, { attach }: Attached): void {
    const checkId = this.#nextCheckId++;
    const { shard, ...check } = pending.check;
    this.#asked.set(checkId, { ...pending, attach });
    this.#out?.add({ shard, message: { $case: 'check', value: { checkId, ...check } } });
  }

  #decided({ checkId, decision }: Decision): void {
    const pending = this.#asked.get(checkId);
    if (pending === undefined || decision === undefined) return; // It came after its deadline, and was abandoned then.
    this.#asked.delete(checkId);
    if (!decision.approved) return pending.resolve({ kind: 'refused', decision });
    pending.resolve({ kind: 'approved', decision, approval: this.#approval(pending.check.shard, checkId, pending.attach) });
  }

  #approval(shard: number, checkId: number, attach: { readonly alive: boolean }): Approval {
    return {
      valid: () => attach.alive,
      abandon: () => {
        if (attach.alive) this.#out?.add({ shard, message: { $case: 'abandon', value: { checkId } } });
      },
    };
  }

  /** The attach of a shard is over: its approvals are worth nothing, its checks have no answer. */
  #lapse(shard: number): void {
    const attached = this.#attached.get(shard);
    if (attached === undefined) return;
    attached.attach.alive = false;
    this.#attached.delete(shard);
    for (const [checkId, pending] of this.#asked) {
      if (pending.check.shard !== shard) continue;
      this.#asked.delete(checkId);
      pending.resolve({ kind: 'unavailable', text: 'the attach to risk ended before it decided' });
    }
  }

  #broken(text: string): void {
    this.#out = undefined;
    this.#stream = undefined;
    this.#attempts.clear();
    this.#hasRoom = true;
    for (const resume of this.#drained.splice(0)) resume();
    for (const shard of [...this.#attached.keys()]) this.#lapse(shard);
    for (const pending of this.#waiting.splice(0)) pending.resolve({ kind: 'unavailable', text });
  }

  #sweep(): void {
    const nowMs = this.clock.nowMs();
    for (const [checkId, pending] of this.#asked) {
      if (pending.check.deadlineMs > nowMs) continue;
      this.#asked.delete(checkId);
      // Risk may approve it yet, and a reservation that nobody uses must not stay.
      this.#approval(pending.check.shard, checkId, pending.attach).abandon();
      pending.resolve({ kind: 'unavailable', text: 'risk did not decide in time' });
    }
    const expired = this.#waiting.filter((pending) => pending.check.deadlineMs <= nowMs);
    for (const pending of expired) {
      this.#waiting.splice(this.#waiting.indexOf(pending), 1);
      pending.resolve({ kind: 'unavailable', text: 'risk has not folded the shard yet' });
    }
    if (this.#asked.size === 0 && this.#waiting.length === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
    }
  }
}
