import { describe, expect, it } from '@jest/globals';
import { OrdStatus, Reason } from '@switchyard/contracts';
import { GetOrderRequest, ListOrdersRequest } from '@switchyard/contracts/gen/orders/v1/service';
import { newOrderId } from '@switchyard/kernel';
import { violationsOfGetOrder, violationsOfListOrders } from './reading-form.js';

const orderId = newOrderId(7, new Uint8Array(12), 1_800_000_000_000);
const told = (violations: readonly { field: string; reason: Reason }[]) =>
  violations.map(({ field, reason }) => `${Reason[reason]} ${field}`);

describe('the form of a request that reads', () => {
  it.each<[string, Partial<GetOrderRequest>, string[]]>([
    ['by orderId', { accountId: 'A', orderId }, []],
    ['by clOrdId', { accountId: 'A', clOrdId: 'a-1' }, []],
    ['by both', { accountId: 'A', orderId, clOrdId: 'a-1' }, ['FIELD_NOT_ALLOWED clOrdId']],
    ['of no account and no order', {}, ['FIELD_REQUIRED accountId', 'FIELD_REQUIRED orderId']],
  ])('GetOrder %s', (_, request, expected) => {
    expect(told(violationsOfGetOrder(GetOrderRequest.fromPartial(request)))).toEqual(expected);
  });

  it.each<[string, Partial<ListOrdersRequest>, string[]]>([
    ['whole', { accountId: 'A', pageToken: '999999999999999', pageSize: 200, ordStatuses: [OrdStatus.NEW], instrument: 'NSE:INFY' }, []],
    ['of no account', {}, ['FIELD_REQUIRED accountId']],
    ['with a page token beyond every sequence', { accountId: 'A', pageToken: '99999999999999999999999' }, ['FIELD_MALFORMED pageToken']],
    ['with a page token that is none', { accountId: 'A', pageToken: 'x' }, ['FIELD_MALFORMED pageToken']],
    ['with too large a page', { accountId: 'A', pageSize: 201 }, ['OUT_OF_RANGE pageSize']],
    ['with a status that there is not', { accountId: 'A', ordStatuses: [0] }, ['ENUM_UNKNOWN ordStatuses']],
    ['with a status of a later version', { accountId: 'A', ordStatuses: [OrdStatus.NEW, 55 as OrdStatus] }, ['ENUM_UNKNOWN ordStatuses']],
    ['with an instrument with NUL', { accountId: 'A', instrument: '\u0000' }, ['FIELD_MALFORMED instrument']],
  ])('ListOrders %s', (_, request, expected) => {
    expect(told(violationsOfListOrders(ListOrdersRequest.fromPartial(request)))).toEqual(expected);
  });
});
