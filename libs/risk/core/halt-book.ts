import { type Halt, HaltScope } from '@switchyard/contracts';

/** What a halt may cover. */
export interface HaltedThing {
  readonly accountId: string;
  /** The broker's code. */
  readonly broker: string;
  readonly strategyId: string;
  readonly instrumentId: string;
}

/** The halts in force, found by what they cover. Immutable: a change makes a new book. */
export class HaltBook {
  static readonly empty = new HaltBook(0, []);
  readonly #all: Halt | undefined;
  readonly #byScopeAndKey = new Map<HaltScope, Map<string, Halt>>();

  constructor(
    /** Rises with every change. */
    readonly version: number,
    readonly halts: readonly Halt[],
  ) {
    for (const halt of halts) {
      // A scope that this version does not know covers everything: a newer process meant to stop something.
      if (!keyedScopes.has(halt.scope)) this.#all ??= halt;
      else {
        const byKey = this.#byScopeAndKey.get(halt.scope) ?? new Map<string, Halt>();
        if (!byKey.has(halt.key)) byKey.set(halt.key, halt);
        this.#byScopeAndKey.set(halt.scope, byKey);
      }
    }
  }

  /** The widest halt that covers a new order or a replace. */
  covering(thing: HaltedThing): Halt | undefined {
    if (this.halts.length === 0) return undefined;
    return (
      this.#all ??
      this.#byScopeAndKey.get(HaltScope.BROKER)?.get(thing.broker) ??
      this.#byScopeAndKey.get(HaltScope.ACCOUNT)?.get(thing.accountId) ??
      this.#byScopeAndKey.get(HaltScope.STRATEGY)?.get(thing.strategyId) ??
      this.#byScopeAndKey.get(HaltScope.INSTRUMENT)?.get(thing.instrumentId)
    );
  }
}

const keyedScopes: ReadonlySet<HaltScope> = new Set([HaltScope.BROKER, HaltScope.ACCOUNT, HaltScope.STRATEGY, HaltScope.INSTRUMENT]);
