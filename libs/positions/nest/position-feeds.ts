// Streams of positions: all in the first message, then those that changed, by a fact or by a quote. What changed is looked up in the database, since another process
// may have folded it; a commit of this process makes it look at once.
import { CallError, type MessageStream, Reason, StatusCode } from '@switchyard/contracts';
import { type Position as PositionMessage, type StreamPositionsResponse } from '@switchyard/contracts/gen/positions/v1/service';
import { ConflatedFeed } from '@switchyard/platform/conflate';
import { positionKeyOf, type PositionKey, toPositionMessage } from '@switchyard/positions-core';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { type Marks } from './marks.js';
import { type AccountView, readAccount, readAccountHeads } from './positions.sql.js';

interface Watched {
  view: AccountView;
  /** The messages as they were last sent. */
  readonly sent: Map<string, string>;
  readonly feeds: Set<ConflatedFeed<PositionMessage, StreamPositionsResponse>>;
}

export class PositionFeeds {
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isStopped = false;

  constructor(
    private readonly pool: Pool,
    private readonly reader: string,
    private readonly marks: Marks,
    private readonly intervalMs: number,
    private readonly log: Logger,
  ) {}

  /** Streams an account's positions. The stream closes with an error where the account is not known or can't be read. */
  async open(accountId: string, stream: MessageStream<never, StreamPositionsResponse>, unknown: () => CallError): Promise<void> {
    try {
      const view = await readAccount(this.pool, this.reader, accountId);
      if (view === undefined) return stream.cancel(unknown());
      this.#add(accountId, view, stream);
    } catch (error) {
      this.log.warn({ err: error, accountId }, 'positions could not be read for a stream');
      stream.cancel(
        new CallError('the positions can not be read now', { code: StatusCode.UNAVAILABLE, reason: Reason.UNAVAILABLE, cause: error }),
      );
    }
  }

  /** These accounts may have changed. */
  changed(accountIds: Iterable<string>): void {
    for (const accountId of accountIds) {
      if (this.#watched.has(accountId)) return this.#schedule(0);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const { feeds } of this.#watched.values()) for (const feed of feeds) feed.end();
    this.#watched.clear();
    await this.#looking;
  }

  #add(accountId: string, view: AccountView, stream: MessageStream<never, StreamPositionsResponse>): void {
    if (this.#isStopped) return stream.end();
    const watched = this.#watched.get(accountId) ?? { view, sent: new Map(), feeds: new Set() };
    this.#watched.set(accountId, watched);
    if (view.accountSeq >= watched.view.accountSeq) watched.view = view;
    const all = this.#messagesOf(watched.view);
    const feed = new ConflatedFeed<PositionMessage, StreamPositionsResponse>(
      stream,
      all,
      // All in the first message, however many, as the contract says.
      { keyOf, itemsPerMessageMax: Infinity, message: (positions) => ({ positions, accountSeq: watched.view.accountSeq }) },
      () => {
        watched.feeds.delete(feed);
        if (watched.feeds.size === 0) this.#watched.delete(accountId);
      },
    );
    if (watched.feeds.size === 0) for (const message of all) watched.sent.set(keyOf(message), JSON.stringify(message));
    watched.feeds.add(feed);
    if (this.#timer === undefined) this.#schedule(this.intervalMs);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isStopped || this.#watched.size === 0 || this.#looking !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
        this.#schedule(this.intervalMs);
      });
    }, delayMs);
  }

  async #look(): Promise<void> {
    try {
      for (const head of await readAccountHeads(this.pool, this.reader, [...this.#watched.keys()])) {
        const watched = this.#watched.get(head.accountId);
        if (watched === undefined || (head.accountSeq === watched.view.accountSeq && head.stale === watched.view.stale)) continue;
        watched.view = (await readAccount(this.pool, this.reader, head.accountId)) ?? watched.view;
      }
      for (const watched of this.#watched.values()) this.#tell(watched);
    } catch (error) {
      this.log.warn({ err: error }, 'positions could not be read for their streams; they keep what they know');
    }
  }

  #tell({ view, sent, feeds }: Watched): void {
    for (const message of this.#messagesOf(view)) {
      const text = JSON.stringify(message);
      if (sent.get(keyOf(message)) === text) continue;
      sent.set(keyOf(message), text);
      for (const feed of feeds) feed.changed(message);
    }
  }

  #messagesOf(view: AccountView): PositionMessage[] {
    return view.positions.map((position) => toPositionMessage(position, this.marks.of(position.instrumentId), view.stale));
  }
}

function keyOf(message: PositionMessage): string {
  return positionKeyOf(message as unknown as PositionKey);
}
