// ReaderService of the owners of accounts: the reports that contradicted, and their replay where the shard is owned.
import { type Call, CallError, ORDER_READERS, Reason, type ServiceHandlers, StatusCode, violationsOfTexts } from '@switchyard/contracts';
import { type ReaderServiceDefinition } from '@switchyard/contracts/gen/platform/v1/journal';
import { requireRole } from '@switchyard/platform/auth';
import { type Pool } from 'pg';
import { refuseForm } from './order.service.js';
import { listParked } from './orders.sql.js';
import { type OwnerRouter } from './owner-router.js';

export function parkedService(pool: Pool, router: OwnerRouter): ServiceHandlers<ReaderServiceDefinition> {
  const requireOps = ({ principal }: Call): void => requireRole(principal, 'ops', 'admin');
  return {
    async listParked(_, call) {
      requireOps(call);
      return { parked: await listParked(pool) };
    },
    async replayParked(request, call) {
      requireOps(call);
      const { stream, key } = request;
      refuseForm(violationsOfTexts({ stream, key }));
      const [, sessionId, hex] = /^session\/([^/]+)\/([0-9a-f]{2})$/.exec(stream) ?? [];
      if (sessionId === undefined || hex === undefined) throw noSuchStream(stream);
      return router.atOwner(Number.parseInt(hex, 16), ORDER_READERS, 'replayParked', request, call, (owner) =>
        owner.replayParked(sessionId, key, call.traceparent),
      );
    },
  };
}

function noSuchStream(stream: string): CallError {
  const description = `stream is session/<session>/<shard> as "switchyard parked" lists it, not "${stream}"`;
  const reason = Reason.FIELD_MALFORMED;
  return new CallError(description, {
    code: StatusCode.INVALID_ARGUMENT,
    reason,
    violations: [{ field: 'stream', description, reason }],
  });
}
