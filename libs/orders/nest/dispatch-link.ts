// The streams from this process' shards to the holders of broker sessions: commands one way, reports the other, resumed by cursor.
import { BROKER_SERVICE, type Calls, type MessageStream } from '@switchyard/contracts';
import {
  type Command,
  type ConnectorMessage,
  type DispatchMessage,
  type DispatchRequest,
  type DispatchResponse,
  type ReportRow,
} from '@switchyard/contracts/gen/brokers/v1/service';
import { type CreditBook, type Dispatcher, type SessionCursor } from '@switchyard/orders-core';
import { shardHex } from '@switchyard/kernel';
import { failpoint } from '@switchyard/platform/failpoint';
import { type Framer, framer } from '@switchyard/platform/calls';
import { type Logger } from 'pino';
import { type SessionWatch } from './session-watch.js';

const reconcileMs = 250;

interface HolderStream {
  readonly address: string;
  readonly stream: MessageStream<DispatchResponse, DispatchRequest>;
  readonly out: Framer<DispatchMessage>;
}

/** (session, shard) on a holder's stream. */
interface Attached {
  readonly holder: HolderStream;
  /** Reports up to here are on their way: what has none by then is sent again. Undefined until the holder has answered. */
  redispatchAfterSeq: number | undefined;
  lastSeq: number;
  /** The journal holds reports up to here, and the holder has not been told yet; 0 where there is nothing to tell. */
  unackedSeq: number;
  /** What had no report was sent again: new commands go behind it. */
  open: boolean;
}

/** What the link needs of the shards that this process owns. */
export interface DispatchLinkShards {
  owned(): readonly number[];
  holderId(): string;
  sessionIds(shard: number): readonly string[];
  cursorOf(shard: number, sessionId: string): SessionCursor;
  takeReports(shard: number, sessionId: string, rows: readonly ReportRow[]): void;
  redispatch(shard: number, sessionId: string): void;
}

export class DispatchLink implements Dispatcher {
  readonly #holders = new Map<string, HolderStream>();
  readonly #attached = new Map<string, Attached>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly calls: Calls,
    private readonly sessions: SessionWatch,
    private readonly credits: CreditBook,
    private readonly shards: DispatchLinkShards,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.reconcile(), reconcileMs);
    this.reconcile();
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const holder of this.#holders.values()) holder.stream.end();
    this.#attached.clear();
    this.#holders.clear();
  }

  /** Attaches whatever is owned and not attached where its session's holder is, and tells the holders what was folded. */
  reconcile(): void {
    for (const shard of this.shards.owned()) this.attach(shard);
    for (const [key, attached] of this.#attached) {
      if (attached.unackedSeq === 0) continue;
      const [sessionId, hex] = splitKey(key);
      const ack = { seq: attached.unackedSeq };
      attached.unackedSeq = 0;
      attached.holder.out.add({ sessionId, shard: Number.parseInt(hex, 16), message: { $case: 'ack', value: ack } });
    }
  }

  /** Attaches the sessions of one shard that are not: at once when an account was opened or routed anew, so that its first order finds them. */
  attach(shard: number): void {
    for (const sessionId of this.shards.sessionIds(shard)) this.#ensure(shard, sessionId);
  }

  /** The shard is owned no more. */
  dropped(shard: number): void {
    for (const [key, attached] of this.#attached) {
      const [sessionId, hex] = splitKey(key);
      if (hex !== shardHex(shard)) continue;
      attached.holder.out.add({ sessionId, shard, message: { $case: 'detach', value: {} } });
      this.#attached.delete(key);
    }
  }

  send(shard: number, sessionId: string, command: Command): void {
    failpoint('orders.before-dispatch');
    // Without an attach it is not lost: the next one sends everything that has no report.
    const attached = this.#attached.get(keyOf(sessionId, shard));
    if (attached?.open === true) attached.holder.out.add({ sessionId, shard, message: { $case: 'command', value: command } });
  }

  /** Told with the next reconcile: nobody waits for it, and a message for each fold would wake the connector as often as the commands do. */
  ack(shard: number, sessionId: string, seq: number): void {
    const attached = this.#attached.get(keyOf(sessionId, shard));
    if (attached !== undefined) attached.unackedSeq = seq;
  }

  reattach(shard: number, sessionId: string, text: string): void {
    this.log.warn({ shard, sessionId, text }, 'reports are taken up again from the cursor');
    // The next reconcile attaches, so that a conflict that stays does not become a storm.
    this.#attached.delete(keyOf(sessionId, shard));
  }

  #ensure(shard: number, sessionId: string): void {
    const address = this.sessions.addressOf(sessionId);
    const key = keyOf(sessionId, shard);
    const former = this.#attached.get(key);
    if (address === undefined || former?.holder.address === address) return;
    const holder = this.#holders.get(address) ?? this.#open(address);
    this.#attached.set(key, { holder, redispatchAfterSeq: undefined, lastSeq: 0, unackedSeq: 0, open: false });
    const { seq: lastSeq, hash: lastHash } = this.shards.cursorOf(shard, sessionId);
    holder.out.add({
      sessionId,
      shard,
      message: { $case: 'attach', value: { holderId: this.shards.holderId(), lastSeq, lastHash: Buffer.from(lastHash) } },
    });
  }

  #open(address: string): HolderStream {
    const stream = this.calls.at(BROKER_SERVICE, address).dispatch({});
    const holder: HolderStream = {
      address,
      stream,
      out: framer(
        (frame: DispatchRequest) => stream.send(frame),
        (messages: DispatchMessage[]) => ({ messages }),
      ),
    };
    this.#holders.set(address, holder);
    stream.onDrain(() => holder.out.resume());
    stream.onMessage((frame) => this.#takeFrame(holder, frame.messages));
    stream.onEnd(() => stream.end());
    stream.onClose((error) => {
      this.log.info({ err: error, address }, 'the stream to a broker-connector ended');
      if (this.#holders.get(address) === holder) this.#holders.delete(address);
      for (const [key, attached] of this.#attached) {
        if (attached.holder !== holder) continue;
        this.#attached.delete(key);
        this.credits.revoke(splitKey(key)[0]);
      }
    });
    return holder;
  }

  /** Consecutive reports of one (session, shard) are folded together. */
  #takeFrame(holder: HolderStream, messages: readonly ConnectorMessage[]): void {
    for (let at = 0; at < messages.length; at++) {
      const message = messages[at] as ConnectorMessage;
      const attached = this.#attached.get(keyOf(message.sessionId, message.shard));
      if (message.message?.$case === 'credit' && this.#isHolderOf(message.sessionId, holder)) {
        this.credits.grant(message.sessionId, message.message.value.credits, message.message.value.retryAfterMs);
        this.sessions.wake();
      }
      if (attached?.holder !== holder) continue;
      if (message.message?.$case !== 'report') {
        this.#take(attached, message);
        continue;
      }
      const rows: ReportRow[] = [message.message.value];
      for (
        let next = messages[at + 1];
        next?.message?.$case === 'report' && next.sessionId === message.sessionId && next.shard === message.shard;
        next = messages[at + 1]
      ) {
        rows.push(next.message.value);
        at++;
      }
      failpoint('orders.before-fold');
      this.shards.takeReports(message.shard, message.sessionId, rows);
      attached.lastSeq = (rows[rows.length - 1] as ReportRow).seq;
      this.#openIfDue(message.shard, message.sessionId, attached);
    }
  }

  /** Whether this process is attached there for the session, by whichever shard: a former holder may say something still, and its session is down. */
  #isHolderOf(sessionId: string, holder: HolderStream): boolean {
    for (const [key, attached] of this.#attached) if (attached.holder === holder && splitKey(key)[0] === sessionId) return true;
    return false;
  }

  #take(attached: Attached, { sessionId, shard, message }: ConnectorMessage): void {
    switch (message?.$case) {
      case 'attached':
        attached.lastSeq = this.shards.cursorOf(shard, sessionId).seq;
        attached.redispatchAfterSeq = message.value.lastSeq;
        return this.#openIfDue(shard, sessionId, attached);
      case 'detached':
        this.log.info({ shard, sessionId, text: message.value.text }, 'detached by the broker-connector');
        this.#attached.delete(keyOf(sessionId, shard));
        // The holder may have moved: the next reconcile asks the sessions where to.
        return;
      case 'credit':
      case 'report':
        return;
      case undefined:
        this.log.error(
          { page: true, sessionId },
          'a broker-connector sent a message that this version does not know; the stream is made anew',
        );
        attached.holder.stream.cancel();
    }
  }

  /** Once every report that was durable at the attach has come, what has none is sent again. */
  #openIfDue(shard: number, sessionId: string, attached: Attached): void {
    if (attached.open || attached.redispatchAfterSeq === undefined || attached.lastSeq < attached.redispatchAfterSeq) return;
    attached.open = true;
    this.shards.redispatch(shard, sessionId);
  }
}

const keyOf = (sessionId: string, shard: number): string => `${sessionId}/${shardHex(shard)}`;

function splitKey(key: string): [sessionId: string, hex: string] {
  return [key.slice(0, -3), key.slice(-2)];
}
