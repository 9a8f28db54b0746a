// Requests of a wrong form: each with the code, the reason, the field and the sentence that both transports give.
import { numberRules, OrderContent, Side, TimeInForce } from '@switchyard/contracts';
import { PlaceOrderRequest } from '@switchyard/contracts/gen/orders/v1/service';
import { inside, largest } from './numbers.rows.js';

export type Json = Record<string, unknown>;

/** What a caller is told. */
export interface Told {
  readonly code: string;
  readonly reason: string;
  readonly field: string;
  readonly sentence: string;
}

/** A request that is refused. */
export interface Row extends Told {
  readonly name: string;
  /** Makes the request bad. */
  readonly spoil: (good: PlaceOrderRequest) => PlaceOrderRequest;
  /** Where our own code would not write such bytes. */
  readonly bytes?: (good: PlaceOrderRequest) => Uint8Array;
  /** Where JSON says it in another way. */
  readonly json?: (body: Json) => Json;
  /** Where the document of REST catches it, in its own words. */
  readonly restSentence?: string;
}

/** Changes the content of a request. */
export const withContent =
  (content: Partial<OrderContent>) =>
  (good: PlaceOrderRequest): PlaceOrderRequest => ({ ...good, content: { ...(good.content as OrderContent), ...content } });

/** Changes the content of a body. */
export const inJson =
  (content: Json) =>
  (body: Json): Json => ({ ...body, content: { ...(body['content'] as Json), ...content } });

const wrong = (name: string, reason: string, field: string, sentence: string, spoil: Row['spoil'], more: Partial<Row> = {}): Row => ({
  name,
  code: 'INVALID_ARGUMENT',
  reason,
  field,
  sentence,
  spoil,
  ...more,
});

/** Bytes of a request in whose content this field is 2^63-1. */
function contentWithLargest(request: PlaceOrderRequest, content: OrderContent | undefined, field: 'sendBeforeMs' | 'expireAtMs'): Buffer {
  const number = largest(field === 'sendBeforeMs' ? 13 : 16);
  return Buffer.concat([
    PlaceOrderRequest.encode(request).finish(),
    inside(3, Buffer.concat([OrderContent.encode(content as OrderContent).finish(), number])),
  ]);
}

/** Requests whose form is wrong, and what the caller is told; nothing is stored for them. */
export const refusedRows: readonly Row[] = [
  wrong('no clOrdId', 'FIELD_REQUIRED', 'clOrdId', 'clOrdId is required.', (good) => ({ ...good, clOrdId: '' })),
  wrong(
    'a clOrdId with a space',
    'FIELD_MALFORMED',
    'clOrdId',
    'clOrdId must be 1 to 36 printable ASCII characters without spaces.',
    (good) => ({ ...good, clOrdId: 'a b' }),
  ),
  wrong('no content', 'FIELD_REQUIRED', 'content', 'content is required.', (good) => ({ ...good, content: undefined })),
  wrong('no instrument', 'FIELD_REQUIRED', 'content.instrument', 'content.instrument is required.', withContent({ instrument: '' })),
  wrong(
    'an unknown symbol',
    'INSTRUMENT_UNKNOWN',
    'content.instrument',
    'There is no instrument NSE:NONESUCH.',
    withContent({ instrument: 'NSE:NONESUCH' }),
  ),
  wrong('no side', 'ENUM_UNKNOWN', 'content.side', 'content.side must be BUY or SELL.', withContent({ side: Side.UNSPECIFIED })),
  wrong('an unknown side', 'ENUM_UNKNOWN', 'content.side', 'content.side must be BUY or SELL.', withContent({ side: 77 as Side }), {
    json: inJson({ side: 'SIDE_SIDEWAYS' }),
    restSentence: 'content.side: must be one of SIDE_BUY, SIDE_SELL',
  }),
  wrong(
    'no order type',
    'ENUM_UNKNOWN',
    'content.ordType',
    'content.ordType must be MARKET, LIMIT, STOP, STOP_LIMIT or MARKET_TO_LIMIT.',
    withContent({ ordType: 0 }),
  ),
  wrong(
    'no time in force',
    'ENUM_UNKNOWN',
    'content.timeInForce',
    'content.timeInForce must be DAY, GTC, GTD, IOC, FOK, AT_OPEN or AT_CLOSE.',
    withContent({ timeInForce: 0 }),
  ),
  wrong(
    'no product',
    'ENUM_UNKNOWN',
    'content.product',
    'content.product must be INTRADAY, DELIVERY, CARRY or MARGIN.',
    withContent({ product: 0 }),
  ),
  wrong('no quantity', 'FIELD_REQUIRED', 'content.orderQty', 'content.orderQty is required.', withContent({ orderQty: '' })),
  wrong(
    'a negative quantity',
    'NOT_POSITIVE',
    'content.orderQty',
    'content.orderQty must be greater than zero.',
    withContent({ orderQty: '-5' }),
  ),
  wrong(
    'a quantity of zero',
    'NOT_POSITIVE',
    'content.orderQty',
    'content.orderQty must be greater than zero.',
    withContent({ orderQty: '0' }),
  ),
  wrong(
    'a quantity beyond what the platform holds',
    'OUT_OF_RANGE',
    'content.orderQty',
    'content.orderQty must be at most 10000000000.',
    withContent({ orderQty: '10000000001' }),
  ),
  wrong(
    'no price',
    'FIELD_REQUIRED',
    'content.price',
    'content.price is required for LIMIT and STOP_LIMIT orders.',
    withContent({ price: undefined }),
  ),
  wrong('a negative price', 'NOT_POSITIVE', 'content.price', 'content.price must be greater than zero.', withContent({ price: '-1500' })),
  wrong(
    'a stop price on a limit order',
    'FIELD_NOT_ALLOWED',
    'content.stopPx',
    'content.stopPx is only for STOP and STOP_LIMIT orders.',
    withContent({ stopPx: '1400' }),
  ),
  ...[
    ['an order that is to be sent before 1970', -1],
    ['one that is to be sent before what a date holds', 8.64e15 + 1],
    ['one that is to be sent before the last number', Number.MAX_SAFE_INTEGER],
  ].map(([name, sendBeforeMs]) =>
    wrong(
      String(name),
      'OUT_OF_RANGE',
      'content.sendBeforeMs',
      'content.sendBeforeMs must be milliseconds since 1970, at most 8640000000000000, or 0.',
      withContent({ sendBeforeMs: Number(sendBeforeMs) }),
    ),
  ),
  ...[
    ['an order that expires before 1970', -1000],
    ['one that expires after 2106', 2 ** 32 * 1000],
    ['one that expires after what a date holds', 8.64e15 + 1000],
  ].map(([name, expireAtMs]) =>
    wrong(
      String(name),
      'OUT_OF_RANGE',
      'content.expireAtMs',
      'content.expireAtMs must be milliseconds since 1970, before the year 2106.',
      withContent({ timeInForce: TimeInForce.GTD, expireAtMs: Number(expireAtMs) }),
    ),
  ),
  ...(['sendBeforeMs', 'expireAtMs'] as const).map((field) =>
    wrong(
      `the largest int64 as ${field}`,
      'OUT_OF_RANGE',
      `content.${field}`,
      `content.${field}: ${numberRules[field]}`,
      withContent({ [field]: 2 ** 63 }),
      { bytes: ({ content, ...good }) => contentWithLargest({ ...good, content: undefined }, content, field) },
    ),
  ),
];

/** Bytes inside of a request behind which, or of which, something would be lost: what they are, and why the request can not be decoded. */
export const lostRows = [
  ['a tag of 0 in front of its content', [0], 'a field has the number 0'],
  ['a clOrdId of 2^63 bytes', [0x12, ...Array.from({ length: 9 }, () => 0x80), 1], 'a number or a length has more than 32 bits'],
  ['a group', [0x23, 0x24], 'no message of ours has a field of the wire type 3'],
  ['a clOrdId that is a number', [0x10, 1], 'field 2 has the wire type 0'],
  ['a clOrdId that is not UTF-8', [0x12, 1, 0xff], 'a text is not UTF-8'],
] as const;
