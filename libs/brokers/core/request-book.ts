// The requests of one session that are in memory: all that are unanswered, and the answered ones of late. Storage has them all.
import { type SessionStore } from './ports.js';
import { type BrokerRequest, isUnanswered } from './request.js';

/** Answered requests kept in memory; older ones are read from storage when something asks for them. */
const answeredKeptMax = 2_000;

export class RequestBook {
  readonly #byId = new Map<string, BrokerRequest>();
  readonly #idByTag = new Map<string, string>();
  readonly #answered: string[] = [];
  #oldest = 0;

  constructor(readonly store: Pick<SessionStore, 'requestById' | 'requestByTag'>) {}

  /** Keeps the newest state of a request. */
  put(request: BrokerRequest): void {
    const id = request.brokerRequestId;
    const former = this.#byId.get(id);
    this.#byId.set(id, request);
    this.#idByTag.set(request.command.tag, id);
    if (!isUnanswered(request) && (former === undefined || isUnanswered(former))) this.#keepAnswered(id);
  }

  get(brokerRequestId: string): BrokerRequest | undefined {
    return this.#byId.get(brokerRequestId);
  }

  byTag(tag: string): BrokerRequest | undefined {
    const id = this.#idByTag.get(tag);
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /** From memory, else from storage. Rejects when storage can't be read. */
  async find(brokerRequestId: string): Promise<BrokerRequest | undefined> {
    return this.#byId.get(brokerRequestId) ?? this.#remember(await this.store.requestById(brokerRequestId));
  }

  /**
   * The requests of both tags, as they are now: from memory, else from storage; undefined where there is none in either. Rejects when storage can't be read.
   * They are found together, since either may leave memory while the other is read.
   */
  async findByTags(tag: string, otherTag: string): Promise<readonly [BrokerRequest | undefined, BrokerRequest | undefined]> {
    const stored = new Map<string, BrokerRequest | undefined>();
    const isMissing = (one: string): boolean => this.byTag(one) === undefined && !stored.has(one);
    for (let missing = [tag, otherTag].filter(isMissing); missing.length > 0; missing = [tag, otherTag].filter(isMissing))
      await Promise.all(missing.map(async (one) => stored.set(one, await this.store.requestByTag(one))));
    // What is not in memory was answered, and an answer is final: what was read is still so.
    const found = [this.byTag(tag) ?? stored.get(tag), this.byTag(otherTag) ?? stored.get(otherTag)] as const;
    for (const request of found) this.#remember(request);
    return found;
  }

  unanswered(): BrokerRequest[] {
    return [...this.#byId.values()].filter(isUnanswered);
  }

  #remember(stored: BrokerRequest | undefined): BrokerRequest | undefined {
    if (stored === undefined) return undefined;
    // Memory is never behind storage: what came meanwhile is newer.
    const known = this.#byId.get(stored.brokerRequestId);
    if (known !== undefined) return known;
    this.put(stored);
    return stored;
  }

  #keepAnswered(id: string): void {
    this.#answered.push(id);
    if (this.#answered.length - this.#oldest <= answeredKeptMax) return;
    const gone = this.#answered[this.#oldest++] as string;
    const request = this.#byId.get(gone);
    if (request !== undefined) {
      this.#byId.delete(gone);
      this.#idByTag.delete(request.command.tag);
    }
    if (this.#oldest > answeredKeptMax) {
      this.#answered.splice(0, this.#oldest);
      this.#oldest = 0;
    }
  }
}
