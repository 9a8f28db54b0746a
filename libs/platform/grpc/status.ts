/** CallError ↔ google.rpc.Status in `grpc-status-details-bin`, so that clients in any language read code, reason, wrong fields and when to try again. */
import { type ServiceError, type StatusObject, Metadata } from '@grpc/grpc-js';
import { CallError, type FieldViolation, Reason, StatusCode } from '@switchyard/contracts';
import { BadRequest, ErrorInfo, RetryInfo } from '@switchyard/contracts/gen/google/rpc/error_details';
import { Status } from '@switchyard/contracts/gen/google/rpc/status';
import { cancelled, deadlineExceeded } from '../calls/errors.js';

const detailsKey = 'grpc-status-details-bin';
const typeUrl = (name: string) => `type.googleapis.com/google.rpc.${name}`;

/** The error as grpc-js sends it. */
export function toGrpcStatus(error: CallError): StatusObject {
  const details = [
    {
      typeUrl: typeUrl('ErrorInfo'),
      value: ErrorInfo.encode({ reason: Reason[error.reason] ?? '', domain: 'switchyard', metadata: { ...error.metadata } }).finish(),
    },
  ];
  if (error.violations.length > 0) {
    const fieldViolations = error.violations.map((violation) => ({
      field: violation.field,
      description: violation.description,
      reason: Reason[violation.reason] ?? '',
    }));
    details.push({ typeUrl: typeUrl('BadRequest'), value: BadRequest.encode({ fieldViolations }).finish() });
  }
  if (error.retryAfterMs !== undefined) {
    const seconds = Math.floor(error.retryAfterMs / 1000);
    const retryDelay = { seconds, nanos: Math.round((error.retryAfterMs - seconds * 1000) * 1e6) };
    details.push({ typeUrl: typeUrl('RetryInfo'), value: RetryInfo.encode({ retryDelay }).finish() });
  }
  const metadata = new Metadata();
  const status = Status.encode({
    code: error.code,
    message: error.message,
    details: details.map(({ typeUrl, value }) => ({ typeUrl, value: Buffer.from(value) })),
  });
  metadata.set(detailsKey, Buffer.from(status.finish()));
  return { code: error.code as number, details: error.message, metadata };
}

/** The error of a call over gRPC; what grpc-js made itself (no connection, deadline) has no details and gets reason and words by its code. */
export function fromGrpcError(error: ServiceError, method = 'the service'): CallError {
  const code = statusCodeOf(error.code);
  const bytes = error.metadata?.get(detailsKey)[0];
  if (bytes === undefined || typeof bytes === 'string') return withoutDetails(error, code, method);
  const status = Status.decode(bytes);
  let reason = Reason.INTERNAL;
  let metadata: Record<string, string> = {};
  let violations: FieldViolation[] = [];
  let retryAfterMs: number | undefined;
  for (const detail of status.details) {
    if (detail.typeUrl === typeUrl('ErrorInfo')) {
      const info = ErrorInfo.decode(detail.value);
      reason = reasonNamed(info.reason);
      metadata = info.metadata;
    } else if (detail.typeUrl === typeUrl('BadRequest')) {
      violations = BadRequest.decode(detail.value).fieldViolations.map(({ field, description, reason }) => ({
        field,
        description,
        reason: reasonNamed(reason),
      }));
    } else if (detail.typeUrl === typeUrl('RetryInfo')) {
      const delay = RetryInfo.decode(detail.value).retryDelay;
      if (delay !== undefined) retryAfterMs = delay.seconds * 1000 + delay.nanos / 1e6;
    }
  }
  return new CallError(status.message, { code, reason, metadata, violations, retryAfterMs, cause: error });
}

/** A reason of a newer version than ours is UNRECOGNIZED: the code still says what to do. */
function reasonNamed(name: string): Reason {
  return (Reason as unknown as Record<string, Reason>)[name] ?? Reason.UNRECOGNIZED;
}

function statusCodeOf(code: number): StatusCode {
  return code in StatusCode ? code : StatusCode.UNKNOWN;
}

function withoutDetails(error: ServiceError, code: StatusCode, method: string): CallError {
  const made = (message: string, reason: Reason) => new CallError(message, { code, reason, cause: error });
  switch (code) {
    case StatusCode.DEADLINE_EXCEEDED:
      return deadlineExceeded(error);
    case StatusCode.CANCELLED:
      return cancelled(error);
    case StatusCode.UNAVAILABLE:
      return made(`${method} can not be reached`, Reason.UNAVAILABLE);
    case StatusCode.INTERNAL: // Ours has details. grpc-js says so too of a connection that went away under the call.
      if (error.details.includes('RST_STREAM'))
        return new CallError(`${method} ended without an answer`, {
          code: StatusCode.UNAVAILABLE,
          reason: Reason.UNAVAILABLE,
          cause: error,
        });
      return made(error.details || error.message, Reason.INTERNAL);
    case StatusCode.RESOURCE_EXHAUSTED: // grpc-js refuses messages above its limit.
      return made(error.details, Reason.REQUEST_TOO_LARGE);
    default:
      return made(error.details || error.message, Reason.INTERNAL);
  }
}
