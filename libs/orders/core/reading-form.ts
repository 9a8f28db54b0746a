// The form of requests that only read.
import { numberRules, OrdStatus, pageSizeMax, Reason, type FieldViolation } from '@switchyard/contracts';
import { type GetOrderRequest, type ListOrdersRequest } from '@switchyard/contracts/gen/orders/v1/service';

/** As long as an accountSeq may be. */
const pageTokenPattern = /^\d{0,15}$/;
const instrumentPattern = /^[\x21-\x7e]{0,64}$/;

const violation = (field: string, reason: Reason, rule: string): FieldViolation => ({ field, reason, description: `${field} ${rule}.` });

function required(field: string): FieldViolation {
  return violation(field, Reason.FIELD_REQUIRED, 'is required');
}

/** Everything that is wrong with the form of GetOrder. An id of another form than ids have is no mistake: there is no such order. */
export function violationsOfGetOrder({ accountId, orderId, clOrdId }: GetOrderRequest): readonly FieldViolation[] {
  const violations: FieldViolation[] = accountId === '' ? [required('accountId')] : [];
  if (orderId === '' && clOrdId === '') violations.push(violation('orderId', Reason.FIELD_REQUIRED, 'or clOrdId is required'));
  if (orderId !== '' && clOrdId !== '')
    violations.push(violation('clOrdId', Reason.FIELD_NOT_ALLOWED, 'must not be given together with orderId'));
  return violations;
}

/** Everything that is wrong with the form of ListOrders. */
export function violationsOfListOrders(request: ListOrdersRequest): readonly FieldViolation[] {
  const { accountId, ordStatuses, instrument, pageSize, pageToken } = request;
  const violations: FieldViolation[] = accountId === '' ? [required('accountId')] : [];
  if (ordStatuses.some((status) => status <= 0 || OrdStatus[status] === undefined))
    violations.push(violation('ordStatuses', Reason.ENUM_UNKNOWN, 'must be order statuses of this version'));
  if (!instrumentPattern.test(instrument))
    violations.push(violation('instrument', Reason.FIELD_MALFORMED, 'must be an instrument id or EXCHANGE:SYMBOL'));
  if (pageSize < 0 || pageSize > pageSizeMax.orders)
    violations.push(violation('pageSize', Reason.OUT_OF_RANGE, numberRules['ListOrders.pageSize']));
  if (!pageTokenPattern.test(pageToken))
    violations.push(violation('pageToken', Reason.FIELD_MALFORMED, 'must be the nextPageToken of the former answer'));
  return violations;
}
