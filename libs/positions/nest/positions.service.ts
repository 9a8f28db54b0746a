// PositionService: thin; everything is read from what was folded. Who may see an account may see its positions.
import {
  numberRules,
  pageSizeMax,
  accountUnknown,
  type Call,
  CallError,
  type Calls,
  Reason,
  requireAccount,
  type ServiceHandlers,
  StatusCode,
} from '@switchyard/contracts';
import { type Position as PositionMessage, type PositionServiceDefinition } from '@switchyard/contracts/gen/positions/v1/service';
import { formatDecimal, InstrumentId } from '@switchyard/kernel';
import { requireRole } from '@switchyard/platform/auth';
import { noPosition, type Position, type ProductName, toPositionMessage } from '@switchyard/positions-core';
import { type Pool } from 'pg';
import { type Marks } from './marks.js';
import { type PositionFeeds } from './position-feeds.js';
import { type AccountView, type LedgerPlace, readAccount, readLedger } from './positions.sql.js';
import { verifyAccount } from './verify-account.js';

const pageSizeDefault = 100;
const products: readonly string[] = ['INTRADAY', 'DELIVERY', 'CARRY', 'MARGIN'] satisfies ProductName[];

export interface PositionServiceParts {
  readonly pool: Pool;
  readonly calls: Calls;
  readonly marks: Marks;
  readonly feeds: PositionFeeds;
  /** The reader whose parked accounts are stale. */
  readonly reader: string;
}

export function positionService({ pool, calls, marks, feeds, reader }: PositionServiceParts): ServiceHandlers<PositionServiceDefinition> {
  const viewOf = async (accountId: string, call: Call): Promise<AccountView> => {
    checkAccount(accountId, call);
    const view = await readAccount(pool, reader, accountId);
    if (view === undefined) throw accountUnknown(accountId);
    return view;
  };
  const messageOf = (position: Position, view: AccountView): PositionMessage =>
    toPositionMessage(position, marks.of(position.instrumentId), view.stale);

  return {
    async listPositions({ accountId, includeFlat }, call) {
      const view = await viewOf(accountId, call);
      return {
        positions: view.positions.filter((position) => includeFlat || position.netQty !== 0n).map((position) => messageOf(position, view)),
        accountSeq: view.accountSeq,
        stale: view.stale,
        cash: [...view.cash].map(([currency, balance]) => ({ currency, balance: formatDecimal(balance) })),
      };
    },

    async getPosition(request, call) {
      const { accountId, brokerAccountId, instrumentId, product } = request;
      required('brokerAccountId', brokerAccountId);
      const id = InstrumentId.parse(instrumentId);
      if (!id.ok) throw invalid('instrumentId', Reason.FIELD_MALFORMED, `instrumentId is ${id.error.rule}`);
      if (!products.includes(product)) throw invalid('product', Reason.ENUM_UNKNOWN, `product is one of ${products.join(', ')}`);
      const view = await viewOf(accountId, call);
      const found = view.positions.find(
        (position) =>
          position.brokerAccountId === brokerAccountId && position.instrumentId === instrumentId && position.product === product,
      );
      // Of a key without any trade the fold is known too: it is flat, in no currency yet.
      return {
        position: messageOf(
          found ?? noPosition({ accountId, brokerAccountId, instrumentId, product: product as ProductName, currency: '' }),
          view,
        ),
      };
    },

    streamPositions({ accountId }, stream, call) {
      checkAccount(accountId, call);
      void feeds.open(accountId, stream, () => accountUnknown(accountId));
    },

    async listLedger({ accountId, pageSize, pageToken }, call) {
      if (pageSize < 0 || pageSize > pageSizeMax.postings)
        throw invalid('pageSize', Reason.OUT_OF_RANGE, `pageSize ${numberRules['ListLedger.pageSize']}`);
      const after = readToken(pageToken);
      await viewOf(accountId, call);
      const limit = pageSize === 0 ? pageSizeDefault : pageSize;
      const found = await readLedger(pool, accountId, after, limit + 1);
      const postings = found.slice(0, limit);
      const last = postings.at(-1);
      return {
        postings: postings.map((posting) => ({ ...posting, amount: formatDecimal(posting.amount) })),
        nextPageToken: found.length > limit && last !== undefined ? `${last.accountSeq}.${last.line}` : '',
      };
    },

    async verifyAccount({ accountId }, call) {
      requireRole(call.principal, 'ops', 'admin');
      checkAccount(accountId, call);
      const verified = await verifyAccount(pool, calls, reader, accountId, call.deadlineMs);
      if (verified === undefined) throw accountUnknown(accountId);
      return { equal: verified.storedSha256 === verified.foldedSha256, ...verified };
    },
  };
}

function checkAccount(accountId: string, call: Call): void {
  required('accountId', accountId);
  requireAccount(call.principal, accountId, 'viewer');
}

/** The place of the last posting of the former page. */
function readToken(token: string): LedgerPlace | undefined {
  if (token === '') return undefined;
  const match = /^(\d{1,15})\.(\d{1,4})$/.exec(token);
  if (match === null) throw invalid('pageToken', Reason.FIELD_MALFORMED, 'pageToken is what the former answer gave');
  return { accountSeq: Number(match[1]), line: Number(match[2]) };
}

function required(field: string, value: string): void {
  if (value === '') throw invalid(field, Reason.FIELD_REQUIRED, `${field} is given`);
}

function invalid(field: string, reason: Reason, description: string): CallError {
  return new CallError(description, { code: StatusCode.INVALID_ARGUMENT, reason, violations: [{ field, description, reason }] });
}
