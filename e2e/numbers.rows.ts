// Numbers of 64 bits in requests other than orders, over gRPC: out of their field's range, and beyond what any field holds, which is told the field's own rule too
// (contracts/number-beyond.spec.ts goes through all messages).
import { MATCHING_SERVICE, numberRules, ORDER_SERVICE, ORDERS_JOURNAL, RISK_SERVICE, type ServiceContract } from '@switchyard/contracts';
import { GetOrderByTagRequest, StreamExecutionsRequest } from '@switchyard/contracts/gen/matching/v1/service';
import { StreamOrderEventsRequest } from '@switchyard/contracts/gen/orders/v1/service';
import { ReadJournalRequest } from '@switchyard/contracts/gen/platform/v1/journal';
import { SetLimitsRequest } from '@switchyard/contracts/gen/risk/v1/service';

export interface NumberRow {
  readonly name: string;
  readonly contract: ServiceContract;
  /** A unary call, or one whose answer is a stream: its refusal comes the same way. */
  readonly method: string;
  readonly bytes: Uint8Array;
  readonly told: { readonly sentence: string; readonly violations: readonly { readonly field: string; readonly description: string }[] };
}

const varint = 0;
const lengthDelimited = 2;

/** The bytes of a field that is 2^63-1. */
export function largest(field: number): Buffer {
  return Buffer.concat([tagOf(field, varint), Buffer.alloc(8, 0xff), Buffer.from([0x7f])]);
}

/** The bytes of a field that is a message of these bytes: up to 16 KiB. */
export function inside(field: number, message: Uint8Array): Buffer {
  return Buffer.concat([tagOf(field, lengthDelimited), Buffer.from([(message.length & 0x7f) | 0x80, message.length >>> 7]), message]);
}

/** The tag of a field: one byte, or two from the 16th field on. */
function tagOf(field: number, wireType: number): Buffer {
  const tag = (field << 3) | wireType;
  return Buffer.from(tag < 0x80 ? [tag] : [(tag & 0x7f) | 0x80, tag >>> 7]);
}

const told = (field: string, description: string, sentence = `${field}: ${description}`) => ({
  sentence,
  violations: [{ field, description }],
});

const cursor = (accountSeq: number) => StreamOrderEventsRequest.encode({ cursors: [{ accountId: 'BAD', accountSeq }] }).finish();
const limits = (quoteAgeMaxMs: number) =>
  SetLimitsRequest.encode(SetLimitsRequest.fromPartial({ accountId: 'BAD', limits: { quoteAgeMaxMs }, text: 'x' })).finish();
const limitsText = `quoteAgeMaxMs ${numberRules.quoteAgeMaxMs}`;
const firstText = `fromSeq ${numberRules['StreamExecutions.fromSeq']}`;
const fromText = `fromSeq ${numberRules.fromSeq}`;

export const numberRows: readonly NumberRow[] = [
  {
    name: 'a cursor before the beginning',
    contract: ORDER_SERVICE,
    method: 'StreamOrderEvents',
    bytes: cursor(-2),
    told: told('cursors[0].accountSeq', numberRules.accountSeq),
  },
  {
    name: 'a cursor beyond the end',
    contract: ORDER_SERVICE,
    method: 'StreamOrderEvents',
    bytes: cursor(Number.MAX_SAFE_INTEGER),
    told: told('cursors[0].accountSeq', 'account BAD has no fact 9007199254740991 yet'),
  },
  {
    name: 'the largest int64 as a cursor',
    contract: ORDER_SERVICE,
    method: 'StreamOrderEvents',
    bytes: inside(1, largest(2)),
    told: told('cursors[0].accountSeq', numberRules.accountSeq),
  },
  {
    name: 'a negative age as a limit',
    contract: RISK_SERVICE,
    method: 'SetLimits',
    bytes: limits(-1),
    told: told('limits.quoteAgeMaxMs', limitsText, limitsText),
  },
  {
    name: 'the largest int64 as a limit',
    contract: RISK_SERVICE,
    method: 'SetLimits',
    bytes: inside(3, largest(5)),
    told: told('limits.quoteAgeMaxMs', numberRules.quoteAgeMaxMs),
  },
  {
    name: 'a journal from before its beginning',
    contract: ORDERS_JOURNAL,
    method: 'ReadJournal',
    bytes: ReadJournalRequest.encode({ stream: 'orders/7f', fromSeq: -1, key: '', limit: 0 }).finish(),
    told: told('fromSeq', numberRules.fromSeq),
  },
  {
    name: 'a journal from beyond its end',
    contract: ORDERS_JOURNAL,
    method: 'ReadJournal',
    bytes: Buffer.concat([ReadJournalRequest.encode({ stream: 'orders/7f', fromSeq: 0, key: '', limit: 0 }).finish(), largest(2)]),
    told: told('fromSeq', numberRules.fromSeq),
  },
  {
    name: 'an execution from before the first',
    contract: MATCHING_SERVICE,
    method: 'GetOrderByTag',
    bytes: GetOrderByTagRequest.encode({ sessionId: 'paper-1', tag: 'x', fromSeq: -1 }).finish(),
    told: told('fromSeq', fromText, fromText),
  },
  {
    name: 'executions from none on',
    contract: MATCHING_SERVICE,
    method: 'StreamExecutions',
    bytes: StreamExecutionsRequest.encode({ sessionId: 'paper-1', fromSeq: -1 }).finish(),
    told: told('fromSeq', firstText, firstText),
  },
  {
    name: 'executions from beyond the last',
    contract: MATCHING_SERVICE,
    method: 'StreamExecutions',
    bytes: Buffer.concat([StreamExecutionsRequest.encode({ sessionId: 'paper-1', fromSeq: 0 }).finish(), largest(2)]),
    told: told('fromSeq', numberRules['StreamExecutions.fromSeq']),
  },
];
