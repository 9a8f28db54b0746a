// An owner of one shard, as far as risk sees it: its facts, and one stream.
import { type Calls, type MessageStream, type OrderContent, Reason, RISK_SERVICE } from '@switchyard/contracts';
import { OrderEvent } from '@switchyard/contracts/gen/orders/v1/events';
import { type AttachRequest, type AttachResponse, type OwnerMessage, type RiskMessage } from '@switchyard/contracts/gen/risk/v1/service';
import { RiskGroupId, shardOf } from '@switchyard/kernel';
import { eventually } from '@switchyard/testkit';
import { aCheck, aContent, FactBook } from '@switchyard/risk-core/testing';

type FromOwner = NonNullable<OwnerMessage['message']>;

/** One stream to risk. */
export class OwnerLink {
  readonly received: RiskMessage[] = [];
  closed: string | undefined;
  readonly #stream: MessageStream<AttachResponse, AttachRequest>;

  constructor(
    calls: Pick<Calls, 'any'>,
    readonly owner: Owner,
    options: { readonly token?: string } = {},
  ) {
    this.#stream = calls.any(RISK_SERVICE).attach(options);
    this.#stream.onMessage(({ messages }) => this.received.push(...messages));
    this.#stream.onClose((error) => (this.closed = error === undefined ? 'ended' : Reason[error.reason]));
  }

  send(...messages: FromOwner[]): void {
    this.#stream.send({ messages: messages.map((message) => ({ shard: this.owner.shard, message })) });
  }

  /** Attaches, sends what risk wants, and resolves with the first sequence it wanted, when it is READY. */
  async attach(): Promise<number> {
    const before = this.received.length;
    this.send({ $case: 'attach', value: { holderId: 'H', lastSeq: this.owner.facts.lastSeq } });
    const { fromSeq } = await this.#answer(before, 'attached');
    this.owner.facts.events.slice(fromSeq - 1).forEach((event, at) => this.sendEvent(fromSeq + at, event));
    this.send({ $case: 'caughtUp', value: { seq: this.owner.facts.lastSeq } });
    await this.#answer(before, 'ready');
    return fromSeq;
  }

  sendEvent(seq: number, event: OrderEvent): void {
    this.send({ $case: 'event', value: { seq, payload: Buffer.from(OrderEvent.encode(event).finish()) } });
  }

  /** Sends the fact that was made last. */
  sendLast(): void {
    this.sendEvent(this.owner.facts.lastSeq, this.owner.facts.events.at(-1)!);
  }

  ask(checkId: number, orderId: string, content: OrderContent = aContent(), timeoutMs = 5_000): void {
    this.send({
      $case: 'check',
      value: aCheck({ accountId: this.owner.accountId, checkId, orderId, content, deadlineMs: Date.now() + timeoutMs }),
    });
  }

  /** The outcome of a check: `approved`, or the reason. */
  async outcome(checkId: number): Promise<string> {
    const decision = await eventually(() => this.decision(checkId), { what: `decision ${checkId}` });
    return decision.approved ? 'approved' : Reason[decision.reason]!;
  }

  check(checkId: number, orderId: string, content?: OrderContent): Promise<string> {
    this.ask(checkId, orderId, content);
    return this.outcome(checkId);
  }

  decision(checkId: number) {
    for (const { message } of this.received)
      if (message?.$case === 'decision' && message.value.checkId === checkId) return message.value.decision;
    return undefined;
  }

  /** Ids of the checks that were answered, in order. */
  decided(): number[] {
    return this.received.flatMap(({ message }) => (message?.$case === 'decision' ? [message.value.checkId] : []));
  }

  /** The halts as risk told them last: version and ids. */
  halts(): string | undefined {
    const told = this.received.findLast(({ message }) => message?.$case === 'haltsChanged')?.message;
    return told?.$case === 'haltsChanged' ? `${told.value.haltVersion}: ${told.value.halts.map((halt) => halt.key).join(' ')}` : undefined;
  }

  detached(): string | undefined {
    const told = this.received.findLast(({ message }) => message?.$case === 'detached')?.message;
    return told?.$case === 'detached' ? told.value.text : undefined;
  }

  close(): void {
    this.#stream.cancel();
  }

  async #answer<C extends NonNullable<RiskMessage['message']>['$case']>(
    from: number,
    kind: C,
  ): Promise<Extract<NonNullable<RiskMessage['message']>, { $case: C }>['value']> {
    const message = await eventually(
      () => this.received.slice(from).find((each) => each.message?.$case === kind && each.shard === this.owner.shard),
      { what: kind },
    );
    return message.message!.value as never;
  }
}

/** Account and facts of one owner; the risk group has the account's name. */
export class Owner {
  readonly facts = new FactBook();
  readonly shard: number;

  constructor(readonly accountId: string) {
    this.shard = shardOf(RiskGroupId(accountId));
    this.facts.open(accountId, accountId);
  }
}
