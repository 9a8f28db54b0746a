/** Writes SENDING, sends, writes the reports, reports. */
import { bytes as bytesColumn, texts } from './columns.mjs';
import { follow, kindOf, numberOf, streamOf } from './items.mjs';
import { KIND, shape } from './shape.mjs';

const { bytes } = shape;
const hex = (stream) => stream.toString(16).padStart(2, '0');

export const connectorExtra = {
  ctes: (p) => `, sending AS (
  INSERT INTO connector.requests (request_id, order_id, tag, command, state, sending_at_ms, answered_at_ms)
  SELECT r.*, 1, $${p + 4}::bigint, 0 FROM unnest($${p}::text[], $${p + 1}::text[], $${p + 2}::text[], $${p + 3}::bytea[]) AS r WHERE EXISTS (SELECT FROM me)
), answered AS (
  UPDATE connector.requests r SET state = 2, answered_at_ms = $${p + 4}::bigint FROM unnest($${p + 5}::text[]) AS u (id)
  WHERE r.request_id = u.id AND EXISTS (SELECT FROM me)
), traded AS (
  INSERT INTO connector.trades (broker_account_id, trade_id, qty)
  SELECT 'BROKER-ACCOUNT-1', t.id, 10 FROM unnest($${p + 6}::text[]) AS t (id) WHERE EXISTS (SELECT FROM me)
)`,
  params: (extras) => {
    const sending = extras.filter((extra) => extra.command);
    return [
      texts(sending.map((extra) => `request-${extra.number}`)),
      texts(sending.map((extra) => `order-id-of-24-${extra.number}`)),
      texts(sending.map((extra) => `tag-of-20-${extra.number}`)),
      bytesColumn(sending.map((extra) => extra.command)),
      Date.now(),
      texts(extras.filter((extra) => extra.confirmed).map((extra) => `request-${extra.number}`)),
      texts(extras.filter((extra) => extra.traded).map((extra) => `trade-${extra.number}`)),
    ];
  },
};

export function startConnector({ journal, gateway, venue }) {
  const counts = { sent: 0, reported: 0 };

  gateway.onItems = (commands) => {
    for (const command of commands) {
      journal.append({
        entries: [],
        extra: { number: numberOf(command), command },
        done: () => {
          counts.sent += 1;
          venue.send(follow(command, bytes.newOrder));
        },
      });
    }
  };

  venue.onItems = (executions) => {
    for (const execution of executions) {
      const kind = kindOf(execution);
      const stream = streamOf(execution);
      journal.append({
        entries: [{ stream: `session/1/${hex(stream)}`, key: `ACCOUNT-${stream}`, payload: follow(execution, bytes.report, kind) }],
        extra: { number: numberOf(execution), confirmed: kind === KIND.confirmed, traded: kind === KIND.traded },
        done: ([row]) => {
          counts.reported += 1;
          gateway.send(follow(row.payload, bytes.reportRow, kind, row.seq, row.hash));
        },
      });
    }
  };
  return { counts };
}
