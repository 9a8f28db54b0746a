// An owner of one shard, as far as a broker session sees it: commands out, reports in, a cursor.
import { type MessageStream, Reason } from '@switchyard/contracts';
import { Report } from '@switchyard/contracts/gen/brokers/v1/events';
import {
  type Command,
  type ConnectorMessage,
  type DispatchMessage,
  type DispatchRequest,
  type DispatchResponse,
  type ReportRow,
} from '@switchyard/contracts/gen/brokers/v1/service';
import { genesisHash, hashChain } from '@switchyard/kernel';
import { eventually } from '@switchyard/testkit';

export class Owner {
  readonly received: ConnectorMessage[] = [];
  closed: string | undefined;

  constructor(
    private readonly stream: MessageStream<DispatchResponse, DispatchRequest>,
    readonly sessionId: string,
    readonly shard: number,
  ) {
    stream.onMessage(({ messages }) => this.received.push(...messages));
    stream.onClose((error) => (this.closed = error === undefined ? 'ended' : Reason[error.reason]));
  }

  /** Attaches after a report, and resolves with the last durable one. */
  async attach(after?: Pick<ReportRow, 'seq' | 'hash'>): Promise<number> {
    const before = this.#all('attached').length;
    this.send({ $case: 'attach', value: { holderId: 'H', lastSeq: after?.seq ?? 0, lastHash: Buffer.from(after?.hash ?? genesisHash) } });
    return (await eventually(() => this.#all('attached')[before], { what: 'an attach' })).lastSeq;
  }

  send(message: DispatchMessage['message']): void {
    this.stream.send({ messages: [{ sessionId: this.sessionId, shard: this.shard, message }] });
  }

  command(...commands: readonly Command[]): void {
    for (const value of commands) this.send({ $case: 'command', value });
  }

  rows(): ReportRow[] {
    return this.#all('report');
  }

  reports(): Report[] {
    return this.rows().map((row) => Report.decode(row.payload));
  }

  /** Every report so far: number, request, what. */
  told(): string[] {
    return this.rows().map((row) => {
      const report = Report.decode(row.payload);
      return `${row.seq} ${report.brokerRequestId} ${report.report?.$case ?? ''}`;
    });
  }

  /** Waits for that many reports. */
  hears(...told: readonly string[]): Promise<unknown> {
    return eventually(() => this.rows().length >= told.length, { what: `the reports ${told.join(', ')}` });
  }

  /** Whether the hashes are one chain from the first report on. */
  isChained(): boolean {
    let hash: Uint8Array = genesisHash;
    return this.rows().every((row) => (hash = hashChain(hash, row.payload)) && Buffer.from(hash).equals(row.hash));
  }

  credit(): { credits: number; retryAfterMs: number } | undefined {
    return this.#all('credit').at(-1);
  }

  /** Waits until it was detached that often, and resolves with the words of the last time. */
  async detached(times = 1): Promise<{ text: string; address: string }> {
    await eventually(() => this.#all('detached').length >= times, { what: 'a detach' });
    return this.#all('detached').at(-1) as { text: string; address: string };
  }

  close(): void {
    this.stream.cancel();
  }

  #all<C extends NonNullable<ConnectorMessage['message']>['$case']>(
    kind: C,
  ): Extract<NonNullable<ConnectorMessage['message']>, { $case: C }>['value'][] {
    return this.received.flatMap(({ message }) => (message?.$case === kind ? [message.value as never] : []));
  }
}
