// The mutants: how a rule of the platform is broken, as edits of built files, and which invariants may notice it.
import { type ProcessName } from './cluster.js';

export interface Edit {
  /** From the top of the repository. */
  readonly file: string;
  /** Text that occurs exactly once. */
  readonly from: string;
  readonly to: string;
}

export interface Mutant {
  readonly name: string;
  readonly says: string;
  /** The processes that run it. */
  readonly processes: readonly ProcessName[];
  readonly edits: readonly Edit[];
}

export const mutants: readonly Mutant[] = [
  {
    name: 'no-fence',
    says: 'a holder that was marked dead goes on appending',
    processes: ['order-gateway-1', 'order-gateway-2'],
    edits: [{ file: 'libs/platform/dist/journal/rows.sql.js', from: 'AND alive${gate} FOR SHARE)', to: '${gate} FOR SHARE)' }],
  },
  {
    name: 'sending-sent-again',
    says: 'a request found SENDING is sent again instead of being looked up',
    processes: ['broker-connector'],
    edits: [
      // At once, and not when its owner asks again: the venue's own word of the request may come before that.
      {
        file: 'libs/brokers/core/dist/session.js',
        from: 'for (const request of doubtful){',
        to: 'for (const request of doubtful) this.#sender.take(request.command, request.shard); for (const request of []){',
      },
      { file: 'libs/brokers/core/dist/session.js', from: 'if (updates.length > 0) await', to: 'if (updates.length < 0) await' },
      {
        file: 'libs/brokers/core/dist/send-order.js',
        from: "if (outcome === 'exists') return this.#adoptStored(sending.brokerRequestId);",
        to: '',
      },
    ],
  },
  {
    name: 'effect-without-cursor',
    says: 'the tracker stores the effect, but not how far it has read',
    processes: ['position-tracker'],
    edits: [
      {
        file: 'libs/platform/dist/bus/effect.js',
        from: 'text: sql.moveAnd(effect),',
        to: 'text: `WITH ${effect.ctes(6) || "none AS (SELECT 1)"} SELECT 1 WHERE ($1::text, $2::text[], $3::bigint[], $4::bytea[], $5::bigint[]) IS NOT NULL`,',
      },
    ],
  },
  {
    name: 'report-folded-twice',
    says: 'a report is folded without its cursor, so that it is folded again after a restart',
    processes: ['order-gateway-1', 'order-gateway-2'],
    edits: [
      {
        file: 'libs/orders/nest/dist/order-journal.js',
        from: 'function stored({ stillValid, unit, cursors, entries, extra }) {',
        to: 'function stored({ stillValid, unit, entries, extra }) { const cursors = undefined;',
      },
      // Two more things would stop the second fold: the order knows its trades, and asserts that each is new.
      { file: 'libs/orders/core/dist/from-report.js', from: 'if (order.tradeIds.includes(tradeId)) return known;', to: '' },
      {
        file: 'libs/orders/core/dist/order.js',
        from: "assert(!order.tradeIds.includes(trade.tradeId), 'a trade is booked once');",
        to: '',
      },
    ],
  },
  {
    name: 'halt-without-version',
    says: 'a request judged by older halts is written all the same',
    processes: ['broker-connector'],
    edits: [
      {
        file: 'libs/brokers/nest/dist/brokers.sql.js',
        from: '`attrs_version = ALL($${p}::bigint[])`',
        to: '`(attrs_version = ALL($${p}::bigint[]) OR true)`',
      },
    ],
  },
  {
    name: 'approval-outlives-attach',
    says: "risk's approval is used after the attach that gave it broke",
    processes: ['order-gateway-1', 'order-gateway-2'],
    edits: [
      { file: 'libs/orders/nest/dist/risk-link.js', from: 'valid: ()=>attach.alive,', to: 'valid: ()=>true,' },
      { file: 'libs/orders/nest/dist/risk-link.js', from: 'await this.shards.settled(shard);', to: '' },
    ],
  },
  {
    name: 'refusal-without-look-up',
    says: 'a refusal leaves before the clOrdId was looked up',
    processes: ['order-gateway-1', 'order-gateway-2'],
    edits: [
      {
        file: 'libs/orders/core/dist/request-once.js',
        from: 'const stored = await this.find(key.accountId, key.scope, key.requestId);',
        to: "const stored = outcome.kind === 'refused' ? undefined : await this.find(key.accountId, key.scope, key.requestId);",
      },
    ],
  },
  {
    name: 'other-time-in-force',
    says: 'the venue is asked for another time in force than the client gave, for LIMIT orders, which changes nothing that day',
    processes: ['broker-connector'],
    edits: [
      {
        file: 'libs/connectors/paper/dist/paper.mapper.js',
        from: 'timeInForce,\n        orderQty,',
        to: 'timeInForce: timeInForce === 1 && ordType === 2 ? 2 : timeInForce,\n        orderQty,',
      },
    ],
  },
];
