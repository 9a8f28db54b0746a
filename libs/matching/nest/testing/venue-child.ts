/** Program that runs a venue whose sessions trade at random, and says everything that they are told, until somebody kills it: `venue-child.js <JSON>`. */
import { writeSync } from 'node:fs';
import { OrdType, Product, Side, TimeInForce } from '@switchyard/contracts';
import {
  ExecutionKind,
  NewOrder,
  type TradeRequest,
  type TradeResponse,
  type VenueCommand,
} from '@switchyard/contracts/gen/matching/v1/service';
import { Prng, systemClock } from '@switchyard/kernel';
import { linkedStreams } from '@switchyard/matching-core/testing';
import { nounPool } from '@switchyard/persistence';
import { type EventBus } from '@switchyard/platform/bus';
import { readConfig } from '@switchyard/platform/config';
import { armFailpoints } from '@switchyard/platform/failpoint';
import { pino } from 'pino';
import { matchingConfig } from '../matching.config.js';
import { VenueHost } from '../venue-host.js';
import { INFY, neighbours } from './venue-neighbours.js';

export interface VenueChildConfig {
  readonly url: string;
  readonly folder: string;
  readonly name: string;
  /** Decides the orders; each life of the venue has another. */
  readonly seed: string;
  /** First execution that each session wants. */
  readonly fromSeqs: Readonly<Record<string, number>>;
  readonly failpoints: string;
  readonly env: Readonly<Record<string, string>>;
}

const config = JSON.parse(process.argv[2] ?? '') as VenueChildConfig;
const prng = new Prng(config.seed);
const say = (line: string): void => void writeSync(1, `${line}\n`);
// Sent at a time by a session; as many may be unanswered.
const burstMax = 40;

class TradingSession {
  #sentCount = 0;
  #openTags: string[] = [];
  #unanswered = 0;
  readonly #id: string;

  constructor(id: string, fromSeq: number) {
    this.#id = id;
    const { caller, server } = linkedStreams<TradeRequest, TradeResponse>();
    caller.onMessage(({ executions, loggedOn, loggedOnLastSeq }) => {
      for (const { seq, kind, tag, tradeId, lastQty, cumQty } of executions) {
        // What is said here was told: it must never be different, and never be lost.
        say(`told ${id} ${seq} ${ExecutionKind[kind]} ${tag} ${tradeId || '-'} ${lastQty || '0'} ${cumQty || '0'}`);
        if (kind === ExecutionKind.NEW || kind === ExecutionKind.REJECTED) this.#unanswered--;
        if (kind === ExecutionKind.NEW) this.#openTags.push(tag);
      }
      if (loggedOn) say(`loggedOn ${id} ${loggedOnLastSeq}`);
      setImmediate(() => this.#trade(caller.send.bind(caller)));
    });
    host.desk().trade(server);
    caller.send({ commands: [{ traceparent: '', command: { $case: 'logon', value: { sessionId: id, fromSeq } } }] });
  }

  #trade(send: (request: TradeRequest) => unknown): void {
    if (this.#unanswered > 0) return;
    const commands = Array.from({ length: 1 + prng.below(burstMax) }, (): VenueCommand => ({ traceparent: '', command: this.#command() }));
    this.#unanswered = Math.max(0, this.#unanswered) + commands.filter(({ command }) => command?.$case === 'newOrder').length;
    send({ commands });
  }

  #command(): VenueCommand['command'] {
    const tag = `${this.#id}-${config.seed}-${this.#sentCount++}`;
    if (this.#openTags.length > 20 && prng.chance(1, 4)) {
      const [targetTag = ''] = this.#openTags.splice(prng.below(this.#openTags.length), 1);
      return { $case: 'cancel', value: { tag, targetTag } };
    }
    const value = NewOrder.fromPartial({
      tag,
      brokerAccountId: this.#id.toUpperCase(),
      instrumentId: INFY,
      side: prng.chance(1, 2) ? Side.BUY : Side.SELL,
      orderQty: String(1 + prng.below(20)),
      timeInForce: TimeInForce.DAY,
      ordType: OrdType.LIMIT,
      product: Product.INTRADAY,
      price: (1499 + prng.below(40) * 0.05).toFixed(2),
    });
    return { $case: 'newOrder', value };
  }
}

armFailpoints(config.failpoints, ['matching.after-record', 'matching.after-commit']);
const host = new VenueHost({
  config: readConfig(matchingConfig, { MATCHING_FOLDER: config.folder, MATCHING_HEARTBEAT_MS: '100', ...config.env }),
  pool: nounPool(config.url, 'matching', { max: 4 }),
  calls: neighbours,
  clock: systemClock,
  log: pino({ level: 'warn' }, { write: (line) => say(`log ${line.trim()}`) }),
  bus: { attach: () => undefined, publish: () => Promise.resolve() } as unknown as EventBus,
  tick: { every: () => Promise.resolve(() => Promise.resolve()) },
  process: { name: config.name, address: `${config.name}:1`, environment: 'sim' },
});
process.on('SIGTERM', () => {
  void host.stop().then(() => {
    say('stopped');
    process.exit(0);
  });
});

let state = '';
setInterval(() => {
  const ready = host.ready();
  const now = ready === true && isOpen() ? 'open' : `waits ${ready === true ? 'standing by' : ready}`;
  if (now === state) return;
  state = now;
  say(state);
  if (state === 'open') for (const [id, fromSeq] of Object.entries(config.fromSeqs)) new TradingSession(id, fromSeq);
}, 10);
await host.start();

function isOpen(): boolean {
  try {
    host.desk();
    return true;
  } catch {
    return false;
  }
}
