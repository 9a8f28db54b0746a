// BrokerService: thin; everything is done by the sessions, the journal and the one file of SQL.
import {
  CallError,
  fieldsRefused,
  numberRules,
  Reason,
  type ServiceHandlers,
  StatusCode,
  violationOfReason,
  violationsOfTexts,
} from '@switchyard/contracts';
import { Report } from '@switchyard/contracts/gen/brokers/v1/events';
import {
  type BrokerRequest as BrokerRequestMessage,
  type BrokerServiceDefinition,
  type PutSessionRequest,
} from '@switchyard/contracts/gen/brokers/v1/service';
import { type BrokerRequest, type SessionChange } from '@switchyard/brokers-core';
import { BrokerAccountId, BrokerOrderId, BrokerRequestId, SessionId } from '@switchyard/kernel';
import { requireRole } from '@switchyard/platform/auth';
import { type Journal } from '@switchyard/platform/journal';
import { type Pool } from 'pg';
import { putSession, reportsSince, requestById, requestsOfOrder, sessionsOfAccounts } from './brokers.sql.js';
import { type KnownBroker } from './connectors.js';
import { type DispatchServer } from './dispatch-server.js';
import { type HaltGate } from './halt-gate.js';
import { type SessionHost } from './session-host.js';
import { type SessionWatch } from './session-watch.js';
import { streamOf, unitOf } from './session-store.js';

export interface BrokerServiceParts {
  readonly pool: Pool;
  readonly journal: Journal<SessionChange>;
  readonly host: SessionHost;
  readonly gate: HaltGate;
  readonly dispatch: DispatchServer;
  readonly watch: SessionWatch;
  readonly brokers: Readonly<Record<string, KnownBroker>>;
  readonly process: string;
}

export function brokerService(parts: BrokerServiceParts): ServiceHandlers<typeof BrokerServiceDefinition> {
  const { pool, journal, host, gate, dispatch, watch } = parts;
  return {
    dispatch(stream, call) {
      requireRole(call.principal, 'service');
      dispatch.accept(stream, call);
    },

    async putSession(request, call) {
      requireRole(call.principal, 'admin');
      const row = await checkedSession(request, parts);
      const stored = await putSession(pool, row);
      if (stored === undefined) throw invalid('broker', 'the broker of a session never changes; create another session');
      watch.poke();
      const session = (await watch.list()).find((one) => one.sessionId === request.sessionId);
      if (session === undefined)
        throw new CallError('the session was stored and is gone', { code: StatusCode.INTERNAL, reason: Reason.INTERNAL });
      return { session };
    },

    async listSessions() {
      return { sessions: await watch.list() };
    },

    watchSessions(_request, stream) {
      watch.watch(stream);
    },

    async putHalts(request, call) {
      requireRole(call.principal, 'service');
      return { haltVersion: await gate.put(request.haltVersion, request.halts), processes: [parts.process] };
    },

    async getExchange({ orderId }, call) {
      requireRole(call.principal, 'service');
      const violations = violationsOfTexts({ orderId });
      if (violations.length > 0) throw fieldsRefused(violations);
      const requests = await requestsOfOrder(pool, orderId);
      const first = requests[0];
      if (first === undefined) return { requests: [], reports: [] };
      const payloads = await reportsSince(pool, streamOf(first.sessionId, first.shard), first.command.accountId, first.sendingAtMs);
      return {
        requests: requests.map(toMessage),
        reports: payloads.map((payload) => Report.decode(payload)).filter((report) => report.orderId === orderId),
      };
    },

    async resolveDoubt(request, call) {
      requireRole(call.principal, 'ops');
      const id = BrokerRequestId.parse(request.brokerRequestId);
      if (!id.ok) throw invalid('brokerRequestId', id.error.rule);
      // It may be left out: a cancel has none of its own.
      const orderId = BrokerOrderId.parse(request.brokerOrderId);
      if (!orderId.ok && request.brokerOrderId !== '') throw invalid('brokerOrderId', orderId.error.rule);
      const wrong = violationOfReason(request.text);
      if (wrong !== undefined) throw fieldsRefused([wrong]);
      const stored = await requestById(pool, request.brokerRequestId);
      if (stored === undefined)
        throw new CallError('no such broker request', { code: StatusCode.NOT_FOUND, reason: Reason.BROKER_ORDER_UNKNOWN });
      const session = host.get(stored.sessionId);
      if (session === undefined) {
        const owner = journal.ownerOf(unitOf(stored.sessionId));
        throw new CallError('another process holds the session', {
          code: StatusCode.FAILED_PRECONDITION,
          reason: Reason.NOT_OWNER,
          metadata: { address: owner?.address ?? '' },
        });
      }
      const decided = await session.decideDoubt(
        request.brokerRequestId,
        request.placed,
        request.brokerOrderId,
        `${call.principal.subject}: ${request.text}`,
      );
      if (decided === undefined)
        throw new CallError('the request is not in doubt', { code: StatusCode.FAILED_PRECONDITION, reason: Reason.ORDER_FINAL });
      return { request: toMessage(decided) };
    },
  };
}

async function checkedSession(request: PutSessionRequest, { brokers, pool }: BrokerServiceParts) {
  const id = SessionId.parse(request.sessionId);
  if (!id.ok) throw invalid('sessionId', id.error.rule);
  const broker = brokers[request.broker];
  if (broker === undefined) throw invalid('broker', `the brokers of this version are ${Object.keys(brokers).join(', ')}`);
  if (request.brokerAccountIds.length === 0) throw invalid('brokerAccountIds', 'a session serves at least one broker account');
  const named = new Set<string>();
  for (const [at, accountId] of request.brokerAccountIds.entries()) {
    const account = BrokerAccountId.parse(accountId);
    if (!account.ok) throw invalid('brokerAccountIds', account.error.rule);
    if (named.has(accountId)) throw invalid(`brokerAccountIds[${at}]`, 'name each broker account once', Reason.FIELD_NOT_ALLOWED);
    named.add(accountId);
  }
  const [taken] = await sessionsOfAccounts(pool, request.brokerAccountIds, request.sessionId);
  if (taken !== undefined) throw invalid('brokerAccountIds', `session ${taken.session_id} serves one of them already`);
  if (request.commandsPerSecondMax < 0 || request.commandsPerSecondMax > 100_000)
    throw invalid('commandsPerSecondMax', numberRules['PutSession.commandsPerSecondMax'], Reason.OUT_OF_RANGE);
  return {
    session_id: request.sessionId,
    broker: request.broker,
    broker_account_ids: request.brokerAccountIds,
    commands_per_second_max: request.commandsPerSecondMax || broker.capabilities.commandsPerSecondMax.value,
  };
}

function invalid(field: string, description: string, reason = Reason.FIELD_MALFORMED): CallError {
  return fieldsRefused([{ field, description, reason }]);
}

function toMessage(request: BrokerRequest): BrokerRequestMessage {
  const { brokerRequestId, state, sendingAtMs, writeAheads, sentAtMs, answeredAtMs, brokerOrderId, text, process, command } = request;
  return {
    brokerRequestId,
    state,
    sendingAtMs,
    writeAheads,
    sentAtMs,
    answeredAtMs,
    brokerOrderId,
    text,
    process,
    kind: command.kind,
    tag: command.tag,
    orderId: command.orderId,
    placementId: command.placementId,
  };
}
