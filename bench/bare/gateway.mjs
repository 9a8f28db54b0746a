/** The owner: checks with risk, journals, answers, dispatches, folds the reports. */
import { bigints, texts } from './columns.mjs';
import { follow, hashOf, kindOf, numberOf, seqOf, streamOf } from './items.mjs';
import { KIND, shape } from './shape.mjs';

const { bytes } = shape;
const hex = (stream) => stream.toString(16).padStart(2, '0');
const orderState = '{"state":"'.padEnd(bytes.orderState, 'switchyard ');

/** The order row and the request row, in the statement of the journal row. */
export const gatewayExtra = {
  ctes: (p) => `, ordered AS (
  INSERT INTO gateway.orders (order_id, account_id, accepted_seq, is_final, state)
  SELECT o.id, o.account_id, o.seq, false, o.state
  FROM unnest($${p}::text[], $${p + 1}::text[], $${p + 3}::bigint[], $${p + 4}::text[]) AS o (id, account_id, seq, state) WHERE EXISTS (SELECT FROM me)
), requested AS (
  INSERT INTO gateway.requests (account_id, request_id, order_id)
  SELECT * FROM unnest($${p + 1}::text[], $${p + 2}::text[], $${p}::text[]) WHERE EXISTS (SELECT FROM me)
)`,
  params: (orders) => [
    texts(orders.map((order) => order.orderId)),
    texts(orders.map((order) => order.accountId)),
    texts(orders.map((order) => order.requestId)),
    bigints(orders.map((order) => order.number)),
    texts(orders.map(() => orderState)),
  ],
};

/** @param relay { offer(rows) } */
export function startGateway({ journal, risk, connector, relay }) {
  const waiting = new Map();
  const counts = { accepted: 0, folded: 0 };

  risk.onItems = (verdicts) => {
    for (const verdict of verdicts) accept(verdict);
  };
  connector.onItems = (reports) => {
    for (const report of reports) fold(report);
  };

  function accept(verdict) {
    const number = numberOf(verdict);
    const { request, reply } = waiting.get(number);
    waiting.delete(number);
    const stream = streamOf(request);
    const accountId = `ACCOUNT-${stream}`;
    journal.append({
      entries: [{ stream: `orders/${hex(stream)}`, key: accountId, payload: follow(request, bytes.accepted, KIND.accepted) }],
      extra: { orderId: `${hex(stream)}order-id-of-24-${number}`, accountId, requestId: `request-${number}`, number },
      done: (rows) => {
        counts.accepted += 1;
        reply(follow(request, bytes.reply));
        connector.send(follow(request, bytes.command));
        publish(rows);
      },
    });
  }

  function fold(report) {
    const stream = streamOf(report);
    journal.append({
      entries: [{ stream: `orders/${hex(stream)}`, key: `ACCOUNT-${stream}`, payload: follow(report, bytes.followed, kindOf(report)) }],
      cursor: { stream: `session/1/${hex(stream)}`, seq: seqOf(report), hash: hashOf(report) },
      done: (rows) => {
        counts.folded += 1;
        publish(rows);
      },
    });
  }

  /** Risk follows the account's life on the stream of the checks; readers get it from the relay. */
  function publish(rows) {
    for (const row of rows) risk.send(row.payload);
    relay.offer(rows);
  }

  return {
    counts,
    place: (request, reply) => {
      waiting.set(numberOf(request), { request, reply });
      risk.send(follow(request, bytes.check));
    },
  };
}
