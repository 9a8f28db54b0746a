// One decision: gathers what the rules need, judges, and writes down what it saw.
import { type OrderContent, Reason, RequestKind } from '@switchyard/contracts';
import { type RiskDecision } from '@switchyard/contracts/gen/orders/v1/order';
import { formatDecimal } from '@switchyard/kernel';
import { firstFailure, quoteAgeMaxMs, type Scope } from './checks.js';
import { type AccountExposure, type Exposure, type Reservation } from './exposure.js';
import { type Market } from './market.js';
import { type ProposedOrder, proposedOrder, type Refusal, takesMarketPrice, valuePrice } from './proposed-order.js';
import { type RiskBook } from './risk-book.js';

/** What every decision of a process is made with. */
export interface Rules {
  readonly book: RiskBook;
  readonly market: Market;
  readonly environment: string;
  /** Brokers whose endpoints belong to this environment. */
  readonly brokersOfEnvironment: ReadonlySet<string>;
}

/** What is to be judged. */
export interface Question {
  readonly kind: RequestKind;
  readonly accountId: string;
  readonly orderId: string;
  readonly content: OrderContent | undefined;
  /** The broker's code. */
  readonly broker: string;
}

/** A decision, and what an approval would reserve. */
export interface Judgement {
  readonly decision: RiskDecision;
  readonly approved?: {
    readonly account: AccountExposure;
    readonly order: ProposedOrder;
    readonly reservation: Omit<Reservation, 'checkId'>;
  };
}

/**
 * Judges an order against the exposure as it is; changes nothing but `inputs` of the decision.
 * @param judgedSeq the last sequence that the exposure has folded.
 */
export function decide(rules: Rules, exposure: Exposure, question: Question, judgedSeq: number, nowMs: number): Judgement {
  const { kind, content } = question;
  if (kind !== RequestKind.NEW && kind !== RequestKind.REPLACE) {
    return refused(judgedSeq, { reason: Reason.ENUM_UNKNOWN, field: 'kind', text: `risk judges NEW and REPLACE, not ${kind}` });
  }
  if (content === undefined) return refused(judgedSeq, { reason: Reason.FIELD_REQUIRED, field: 'content', text: 'content is required' });
  if (kind === RequestKind.REPLACE && exposure.order(question.orderId) === undefined) {
    return refused(judgedSeq, { reason: Reason.ORDER_FINAL, field: 'orderId', text: `order ${question.orderId} is not open` });
  }
  const parsed = proposedOrder(content);
  if (!parsed.ok) return refused(judgedSeq, parsed.error);
  const order = parsed.value;

  const account = exposure.account(question.accountId);
  const scopes = scopesOf(rules.book, question.accountId, account);
  const instrument = rules.market.instrument(order.instrumentId);
  const quote = rules.market.quote(order.instrumentId);
  const referencePx = quote?.referencePx ?? instrument?.previousClose;
  const valuePx = valuePrice(order, referencePx);
  const inputs: Record<string, string> = {};
  const failed = firstFailure({
    nowMs,
    kind,
    order,
    accountId: question.accountId,
    broker: question.broker,
    brokersOfEnvironment: rules.brokersOfEnvironment,
    environment: rules.environment,
    profile: rules.book.profile,
    halts: rules.book.halts,
    account,
    scopes,
    instrument,
    quote,
    referencePx,
    valuePx,
    added: exposure.added(question.orderId, order.orderQty, valuePx ?? 0n),
    inputs,
  });
  let limitsVersion = 0;
  for (const { limits } of scopes) limitsVersion = Math.max(limitsVersion, limits.version);
  const decision: RiskDecision = {
    approved: failed === undefined,
    reason: failed?.check.reason ?? Reason.UNSPECIFIED,
    text: failed?.failure.text ?? '',
    field: failed?.failure.field ?? '',
    limitsVersion,
    judgedSeq,
    referencePrice: referencePx === undefined ? '' : formatDecimal(referencePx),
    quoteAgeMs: quote === undefined ? 0 : Math.max(0, nowMs - quote.atMs),
    inputs,
    tookUs: 0,
    process: '',
    decidedAtMs: 0,
  };
  if (failed !== undefined || account === undefined || valuePx === undefined) return { decision };
  return { decision, approved: { account, order, reservation: { orderQty: order.orderQty, valuePx } } };
}

/** The instrument whose quote must be fetched before the order can be judged; undefined when what is here is good enough. */
export function lacksQuote(rules: Rules, exposure: Exposure, question: Question, nowMs: number): string | undefined {
  const { content } = question;
  if (content === undefined || content.instrument === '' || rules.market.instrument(content.instrument) === undefined) return undefined;
  const quote = rules.market.quote(content.instrument);
  if (quote === undefined) return content.instrument;
  if (!takesMarketPrice(content.ordType) && rules.book.profile.limitOnStaleQuote) return undefined;
  const scopes = scopesOf(rules.book, question.accountId, exposure.account(question.accountId));
  return nowMs - quote.atMs > quoteAgeMaxMs(scopes) ? content.instrument : undefined;
}

/** The account's scope, and its risk group's where that has limits of its own. */
export function scopesOf(book: RiskBook, accountId: string, account: AccountExposure | undefined): Scope[] {
  if (account === undefined) return []; // Check 3 refuses it.
  const { group, totals, commands, cancels } = account;
  const scopes: Scope[] = [{ name: 'account', limits: book.limitsOfAccount(accountId), totals, commands, cancels }];
  const limitsOfGroup = book.limitsOfGroup(group.riskGroupId);
  if (limitsOfGroup !== undefined)
    scopes.push({ name: 'risk group', limits: limitsOfGroup, totals: group.totals, commands: group.commands, cancels: group.cancels });
  return scopes;
}

function refused(judgedSeq: number, { reason, text, field }: Refusal): Judgement {
  return {
    decision: {
      approved: false,
      reason,
      text,
      field,
      limitsVersion: 0,
      judgedSeq,
      referencePrice: '',
      quoteAgeMs: 0,
      inputs: {},
      tookUs: 0,
      process: '',
      decidedAtMs: 0,
    },
  };
}
