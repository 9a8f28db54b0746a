import { CallError, fieldsRefused, Reason, StatusCode, type Call, type ServiceHandlers, violationsOfTexts } from '@switchyard/contracts';
import { type ReaderServiceDefinition } from '@switchyard/contracts/gen/platform/v1/journal';
import { type Reader } from './types.js';

/** The operators' commands on the readers of a process, as one service. */
export function readerHandlers(
  readers: readonly Pick<Reader, 'group' | 'parkedKeys' | 'replayParked'>[],
): ServiceHandlers<ReaderServiceDefinition> {
  return {
    listParked: async (_, call) => {
      requireOps(call);
      const parked = await Promise.all(readers.map((reader) => reader.parkedKeys()));
      return { parked: parked.flat().map((key) => ({ ...key })) };
    },
    replayParked: async ({ reader: group, stream, key }, call) => {
      requireOps(call);
      const violations = violationsOfTexts({ stream, key });
      if (violations.length > 0) throw fieldsRefused(violations);
      const reader = readers.find((each) => each.group === group);
      if (reader === undefined) {
        const known = readers.map((each) => each.group).join(', ');
        throw new CallError(`This process has no reader "${group}"; it has ${known}.`, {
          code: StatusCode.NOT_FOUND,
          reason: Reason.OUT_OF_RANGE,
        });
      }
      return { ...(await reader.replayParked(stream, key)) };
    },
  };
}

function requireOps({ principal }: Call): void {
  if (principal.roles.includes('ops') || principal.roles.includes('admin')) return;
  throw new CallError('Parked keys are the operators’: the token needs the role ops.', {
    code: StatusCode.PERMISSION_DENIED,
    reason: Reason.PERMISSION_DENIED,
  });
}
