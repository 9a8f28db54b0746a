// Reads the small language of the table test: what is given, what is ordered, what comes of it.
import { Halt, HaltScope, OrdStatus, type OrderContent, OrdType, Reason, RequestKind, Side, TradingState } from '@switchyard/contracts';
import { InstrumentStatus } from '@switchyard/contracts/gen/instruments/v1/service';
import { HaltState, Limits } from '@switchyard/contracts/gen/risk/v1/service';
import { Price, Quantity } from '@switchyard/kernel';
import { decide, type Judgement, type Rules } from '../decide.js';
import { Exposure } from '../exposure.js';
import { MarketTable } from '../market-table.js';
import { profiles } from '../profiles.js';
import { RiskBook } from '../risk-book.js';
import { aContent, anInstrument, aQuote, FactBook, testStartMs } from './facts.js';

/** Words of a limit in a row → the field of `Limits`. */
const limitWords: Record<string, keyof Limits> = {
  qty: 'orderQtyMax',
  value: 'orderValueMax',
  collar: 'priceCollarPercent',
  stops: 'stopCollarPercent',
  age: 'quoteAgeMaxMs',
  rate: 'commandsPerSecondMax',
  open: 'openValueMax',
  position: 'positionQtyMax',
};

/** What a row gives; see `deskWith` for the words. */
class Desk {
  readonly facts = new FactBook();
  readonly exposure = new Exposure();
  readonly market = new MarketTable();
  readonly limits: Record<'account' | 'group', Record<string, string | number>> = { account: {}, group: {} };
  readonly halts: Halt[] = [];
  readonly instrument: Record<string, unknown> = {};
  quote: Record<string, unknown> | undefined = {};
  instrumentKnown = true;
  profile: keyof typeof profiles = 'sim-default';
  broker = 'paper';
  environment = 'sim';
  #orders = 0;

  openOrder(accountId: string, text: string): string {
    const orderId = `O${++this.#orders}`;
    this.#fold(this.facts.accept(accountId, orderId, parseOrder(text), '1500'));
    return orderId;
  }

  position(accountId: string, qty: number): void {
    const orderId = this.openOrder(accountId, `${qty < 0 ? 'sell' : 'buy'} ${Math.abs(qty)} @1500`);
    this.#fold(this.facts.trade(orderId, String(Math.abs(qty))));
  }

  reserve(accountId: string, text: string): void {
    const { side, instrument, orderQty, price } = parseOrder(text);
    const order = {
      orderId: `R${++this.#orders}`,
      account: this.exposure.account(accountId)!,
      instrumentId: instrument,
      side: side as Side.BUY,
    };
    this.exposure.reserve(order, { checkId: this.#orders, orderQty: Quantity(orderQty), valuePx: Price(price!) }, testStartMs - 5_000);
  }

  inDoubt(orderId: string): void {
    this.#fold(this.facts.inDoubt(orderId, RequestKind.NEW));
  }

  end(orderId: string): void {
    this.#fold(this.facts.end(orderId, OrdStatus.CANCELED));
  }

  replacePending(orderId: string, qty: string, price: string): void {
    this.#fold(this.facts.replaceRequested(orderId, qty, price));
  }

  commands(accountId: string, count: number, word: 'commands' | 'cancels'): void {
    const account = this.exposure.account(accountId)!;
    for (let at = 0; at < count; at++) for (const { [word]: window } of [account, account.group]) window.record(testStartMs - (at % 1000));
  }

  open(accountId: string, riskGroupId: string): void {
    this.#fold(this.facts.open(accountId, riskGroupId));
  }

  state(state: TradingState): void {
    this.#fold(this.facts.tradingState('A1', state));
  }

  judge(text: string): Judgement {
    const book = new RiskBook(profiles[this.profile]);
    const set = (who: object, values: object, version: number): void => {
      if (Object.keys(values).length === 0) return;
      const limits = Limits.fromPartial({ version, ...values });
      book.apply({
        atMs: 0,
        event: { $case: 'limitsChanged', value: { accountId: '', riskGroupId: '', text: '', actor: '', ...who, limits } },
      });
    };
    set({ accountId: 'A1' }, this.limits.account, 7);
    set({ riskGroupId: 'G1' }, this.limits.group, 9);
    this.halts.forEach((halt, at) => {
      book.apply({ atMs: 0, event: { $case: 'haltEngaged', value: { halt, state: HaltState.ENGAGING, haltVersion: at + 1 } } });
    });
    if (this.instrumentKnown) this.market.putInstrument(anInstrument(this.instrument));
    if (this.quote !== undefined) this.market.putQuote(aQuote(this.quote));
    const rules: Rules = { book, market: this.market, environment: this.environment, brokersOfEnvironment: new Set(['paper']) };
    const replace = /^replace (\S+) (.*)$/.exec(text);
    const kind = replace === null ? RequestKind.NEW : RequestKind.REPLACE;
    const question = {
      kind,
      accountId: 'A1',
      orderId: replace?.[1] ?? 'new',
      content: parseOrder(replace?.[2] ?? text),
      broker: this.broker,
    };
    return decide(rules, this.exposure, question, this.facts.lastSeq, testStartMs);
  }

  #fold(event: Parameters<Exposure['apply']>[0]): void {
    this.exposure.apply(event, testStartMs);
  }
}

/** An order in words: `buy 10 @1500`, `sell 10 market 4%`, `buy 10 stop 1510`, `buy 10 stop 1510 @1512`, `buy 10 to-limit`, with `show 5`, `of S1`, `in TCS`. */
function parseOrder(text: string): OrderContent {
  const words = text.split(/\s+/);
  const content = aContent({ side: words[0] === 'buy' ? Side.BUY : Side.SELL, orderQty: words[1]!, price: undefined });
  for (let at = 2; at < words.length; at++) {
    const word = words[at]!;
    if (word.startsWith('@')) content.price = word.slice(1);
    else if (word.endsWith('%')) content.marketProtection = word.slice(0, -1);
    else if (word === 'market') content.ordType = OrdType.MARKET;
    else if (word === 'to-limit') content.ordType = OrdType.MARKET_TO_LIMIT;
    else if (word === 'stop') content.stopPx = words[++at]!;
    else if (word === 'show') content.displayQty = words[++at]!;
    else if (word === 'of') content.strategyId = words[++at]!;
    else if (word === 'in') content.instrument = words[++at]!;
    else throw new Error(`the table has an order with an unknown word ${word}`);
  }
  if (content.stopPx !== undefined) content.ordType = content.price === undefined ? OrdType.STOP : OrdType.STOP_LIMIT;
  return content;
}

/**
 * Account A1 of risk group G1, with account A2 beside it, and INFY: last 1500, close 1490, tick 0.05, lot 1. The words, separated by `;`:
 * `limit qty 10` · `group limit open 5` · `halt BROKER paper` · `state REDUCE_ONLY` · `position 100` · `position of A2 100` · `open buy 10 @1500` (the first is O1) · `open of A2 …` ·
 * `doubt buy 10 @1500` · `reserved buy 10 @1500` · `ended buy 10 @1500` · `replacing buy 10 @1500 to 20 @1510` · `commands 5` · `cancels 5` · `commands of A2 5` ·
 * `instrument freezeQty 10` · `no instrument` · `quote age 10` · `no quote` · `quote lastPx 1500` · `profile live-default` · `broker zerodha` · `no account`.
 */
export function deskWith(given: string): Desk {
  const desk = new Desk();
  const steps = given
    .split(';')
    .map((step) => step.trim())
    .filter((step) => step !== '' && step !== '-');
  if (!steps.includes('no account')) desk.open('A1', 'G1');
  desk.open('A2', 'G1');
  for (const step of steps) {
    const [verb, ...rest] = step.split(/\s+/);
    const accountId = rest[0] === 'of' ? rest[1]! : 'A1';
    const args = rest[0] === 'of' ? rest.slice(2) : rest;
    apply(desk, step, verb!, args, accountId);
  }
  return desk;
}

function apply(desk: Desk, step: string, verb: string, args: string[], accountId: string): void {
  const order = args.join(' ');
  if (verb === 'limit') desk.limits.account[limitWords[args[0]!]!] = limitValue(args[0]!, args[1]!);
  else if (verb === 'group') desk.limits.group[limitWords[args[1]!]!] = limitValue(args[1]!, args[2]!);
  else if (verb === 'halt')
    desk.halts.push(Halt.fromPartial({ haltId: 'H1', scope: HaltScope[args[0] as 'ALL'] ?? 99, key: args[1] ?? '', text: 'test' }));
  else if (verb === 'state') desk.state(TradingState[args[0] as 'ACTIVE']);
  else if (verb === 'position') desk.position(accountId, Number(args[0]));
  else if (verb === 'open') desk.openOrder(accountId, order);
  else if (verb === 'doubt') desk.inDoubt(desk.openOrder(accountId, order));
  else if (verb === 'ended') desk.end(desk.openOrder(accountId, order));
  else if (verb === 'reserved') desk.reserve(accountId, order);
  else if (verb === 'replacing') {
    const [old, next] = order.split(' to ');
    const [qty, price] = next!.split(' @');
    desk.replacePending(desk.openOrder(accountId, old!), qty!, price!);
  } else if (verb === 'commands' || verb === 'cancels') desk.commands(accountId, Number(args[0]), verb);
  else if (verb === 'instrument')
    desk.instrument[args[0]!] = args[0] === 'status' ? InstrumentStatus[args[1] as 'ACTIVE'] : (args[1] ?? '');
  else if (verb === 'quote' && args[0] === 'age') desk.quote!.atMs = testStartMs - Number(args[1]);
  else if (verb === 'quote' && args[0] === 'book')
    Object.assign(desk.quote!, { lastPx: '', bids: [{ price: args[1], qty: '1' }], asks: [{ price: args[2], qty: '1' }] });
  else if (verb === 'quote') desk.quote![args[0]!] = args[1] ?? '';
  else if (verb === 'profile') desk.profile = args[0] as 'sim-default';
  else if (verb === 'broker') desk.broker = args[0]!;
  else if (step === 'no quote') desk.quote = undefined;
  else if (step === 'no instrument') desk.instrumentKnown = false;
  else if (step !== 'no account') throw new Error(`the table gives an unknown thing: ${step}`);
}

function limitValue(word: string, value: string): string | number {
  return word === 'age' || word === 'rate' ? Number(value) : value;
}

/** A decision as a cell of the table: `ok`, or the reason and the field. */
export function outcomeOf({ decision }: Judgement): string {
  return decision.approved ? 'ok' : `${Reason[decision.reason]} ${decision.field}`.trim();
}
