// The stream between owners of shards and the sessions of this process: commands in, reports out, in frames, resumed by cursor.
import { type Call, type MessageStream } from '@switchyard/contracts';
import {
  type ConnectorMessage,
  type DispatchMessage,
  type DispatchRequest,
  type DispatchResponse,
  SessionState,
} from '@switchyard/contracts/gen/brokers/v1/service';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { type SessionChange } from '@switchyard/brokers-core';
import { Deferred } from '@switchyard/kernel';
import { framer, type Framer } from '@switchyard/platform/calls';
import { type Journal } from '@switchyard/platform/journal';
import { type Logger } from 'pino';
import { type SessionHost } from './session-host.js';
import { streamOf, unitOf } from './session-store.js';

/** One owner's stream. */
interface OwnerStream {
  readonly out: Framer<ConnectorMessage>;
  /** While the stream is at its bound: resolves when it has drained, or is over. Reports wait in the journal meanwhile. */
  full: Deferred<void> | undefined;
}

/** Reports of one attachment that are in memory on their way from the journal. */
const catchUpRows = 100;

/** An owner that has attached to (session, shard). */
interface Attachment {
  readonly owner: OwnerStream;
  readonly sessionId: string;
  readonly shard: number;
  /** The next report to send. */
  nextSeq: number;
  /** False while reports are read from the journal. */
  live: boolean;
}

export class DispatchServer {
  /** The newest attachment of every (session, shard), by its stream. */
  readonly #attachments = new Map<string, Attachment>();

  constructor(
    private readonly host: Pick<SessionHost, 'get' | 'held'>,
    private readonly journal: Pick<Journal<SessionChange>, 'read' | 'last' | 'ownerOf'>,
    private readonly creditWindowMs: number,
    private readonly log: Logger,
  ) {}

  /** Serves one owner. */
  accept(stream: MessageStream<DispatchRequest, DispatchResponse>, _call: Call): void {
    const owner: OwnerStream = {
      out: framer(
        (frame: DispatchResponse) => stream.send(frame),
        (messages) => ({ messages }),
      ),
      full: undefined,
    };
    const room = (): void => {
      owner.full?.resolve();
      owner.full = undefined;
    };
    stream.onDrain(() => {
      room();
      owner.out.resume();
    });
    stream.onMessage((frame) => {
      for (const message of frame.messages) this.#take(owner, message);
    });
    stream.onEnd(() => stream.end());
    stream.onClose(() => {
      for (const [key, attachment] of this.#attachments) if (attachment.owner === owner) this.#attachments.delete(key);
      room();
      this.creditsChanged();
    });
  }

  /** Reports were committed: each goes to its attached owner, if that one has all before it. */
  committed(rows: readonly JournalRow[]): void {
    for (const row of rows) {
      const attachment = this.#attachments.get(row.stream);
      if (attachment?.live !== true || row.seq < attachment.nextSeq) continue;
      // An owner that does not keep up reads from the journal, where its reports take no memory.
      if (row.seq === attachment.nextSeq && attachment.owner.full === undefined) this.#send(attachment, row);
      else void this.#catchUp(attachment);
    }
  }

  /** A session started, ended or changed its state: its owners are told how much they may have under way. */
  sessionChanged(sessionId: string): void {
    if (this.host.get(sessionId) === undefined) {
      const address = this.journal.ownerOf(unitOf(sessionId))?.address ?? '';
      for (const [key, attachment] of this.#attachments) {
        if (attachment.sessionId !== sessionId) continue;
        this.#attachments.delete(key);
        this.#say(attachment, { $case: 'detached', value: { text: 'this process does not hold the session any more', address } });
      }
    }
    this.creditsChanged();
  }

  /** Tells every owner its share of each session's credit: what the session may send in the window, divided by the owners attached. */
  creditsChanged(): void {
    for (const { session, row } of this.host.held()) {
      const attachments = [...this.#attachments.values()].filter((attachment) => attachment.sessionId === row.session_id);
      const owners = new Map(attachments.map((attachment) => [attachment.owner, attachment]));
      const ready = session.status.state === SessionState.READY;
      const share = Math.max(1, Math.floor((row.commands_per_second_max * this.creditWindowMs) / 1000 / Math.max(1, owners.size)));
      const credit = ready ? { credits: share, retryAfterMs: 0 } : { credits: 0, retryAfterMs: 500 };
      for (const attachment of owners.values()) this.#say(attachment, { $case: 'credit', value: credit });
    }
  }

  #take(owner: OwnerStream, message: DispatchMessage): void {
    const key = streamOf(message.sessionId, message.shard);
    const attachment = this.#attachments.get(key);
    switch (message.message?.$case) {
      case 'attach':
        return this.#attach(owner, message, message.message.value.lastSeq, message.message.value.lastHash);
      case 'command': {
        const session = this.host.get(message.sessionId);
        // Only the newest attach of a shard counts: an owner that was taken over sends nothing to a broker.
        if (session === undefined || attachment?.owner !== owner) return this.#refuse(owner, message);
        return session.dispatch(message.message.value, message.shard);
      }
      case 'ack':
        return;
      case 'detach':
        if (attachment?.owner === owner) this.#attachments.delete(key);
        return;
      case undefined:
        this.log.error(
          { page: true, sessionId: message.sessionId },
          'an owner sent a message that this version does not know; it was not acted on',
        );
    }
  }

  #attach(owner: OwnerStream, message: DispatchMessage, lastSeq: number, lastHash: Uint8Array): void {
    const { sessionId, shard } = message;
    if (this.host.get(sessionId) === undefined) return this.#refuse(owner, message);
    const key = streamOf(sessionId, shard);
    const former = this.#attachments.get(key);
    if (former !== undefined && former.owner !== owner)
      this.#say(former, { $case: 'detached', value: { text: 'a newer attach has taken the shard', address: '' } });
    const attachment: Attachment = { owner, sessionId, shard, nextSeq: lastSeq + 1, live: false };
    this.#attachments.set(key, attachment);
    void this.#begin(attachment, lastSeq, lastHash);
  }

  async #begin(attachment: Attachment, lastSeq: number, lastHash: Uint8Array): Promise<void> {
    const stream = streamOf(attachment.sessionId, attachment.shard);
    try {
      if (!(await this.#agrees(stream, lastSeq, lastHash))) {
        this.log.error({ page: true, stream, lastSeq }, "an owner's cursor holds another report than this journal; its reports stop");
        this.#attachments.delete(stream);
        return this.#say(attachment, {
          $case: 'detached',
          value: { text: 'the cursor conflicts with the journal of the session', address: '' },
        });
      }
      this.#say(attachment, { $case: 'attached', value: { lastSeq: (await this.journal.last(stream)).seq } });
      this.creditsChanged();
      await this.#catchUp(attachment);
    } catch (error) {
      this.#fail(attachment, error);
    }
  }

  async #agrees(stream: string, lastSeq: number, lastHash: Uint8Array): Promise<boolean> {
    if (lastSeq === 0) return true;
    for await (const rows of this.journal.read(stream, lastSeq, { limit: 1 }))
      return rows[0] !== undefined && Buffer.from(rows[0].hash).equals(lastHash);
    return false;
  }

  /** Reads what the owner has not got from the journal until nothing is left; then commits feed it. */
  async #catchUp(attachment: Attachment): Promise<void> {
    const stream = streamOf(attachment.sessionId, attachment.shard);
    attachment.live = false;
    try {
      for (;;) {
        await attachment.owner.full?.promise;
        const fromSeq = attachment.nextSeq;
        for await (const rows of this.journal.read(stream, fromSeq, { limit: catchUpRows })) {
          if (this.#attachments.get(stream) !== attachment) return;
          for (const row of rows) if (row.seq === attachment.nextSeq) this.#send(attachment, row);
        }
        if (attachment.nextSeq === fromSeq) break;
      }
      attachment.live = true;
      // What was committed between the last read and now was not fed: the head tells.
      if ((await this.journal.last(stream)).seq >= attachment.nextSeq && this.#attachments.get(stream) === attachment)
        await this.#catchUp(attachment);
    } catch (error) {
      this.#fail(attachment, error);
    }
  }

  #send(attachment: Attachment, row: JournalRow): void {
    attachment.nextSeq = row.seq + 1;
    const { seq, hash, payload, traceparent } = row;
    this.#say(attachment, { $case: 'report', value: { seq, hash, payload, traceparent } });
  }

  /** The journal could not be read: the owner attaches again. */
  #fail(attachment: Attachment, error: unknown): void {
    const stream = streamOf(attachment.sessionId, attachment.shard);
    this.log.warn({ err: error, stream }, 'reports could not be read');
    if (this.#attachments.get(stream) === attachment) this.#attachments.delete(stream);
    this.#say(attachment, { $case: 'detached', value: { text: 'the reports could not be read; attach again', address: '' } });
  }

  #refuse(owner: OwnerStream, { sessionId, shard }: DispatchMessage): void {
    const address = this.journal.ownerOf(unitOf(sessionId))?.address ?? '';
    owner.out.add({ sessionId, shard, message: { $case: 'detached', value: { text: 'this process does not hold the session', address } } });
  }

  #say({ owner, sessionId, shard }: Attachment, message: ConnectorMessage['message']): void {
    if (!owner.out.add({ sessionId, shard, message })) owner.full ??= new Deferred();
  }
}
