/** What came of calls and streams, for specs. */
import { CallError, type MessageStream, Reason } from '@switchyard/contracts';
import { type JournalRow } from '@switchyard/contracts/gen/platform/v1/journal';
import { Deferred } from '@switchyard/kernel';

/** Everything that a stream told its handlers, in order. */
export function record(stream: MessageStream<JournalRow, never>): {
  events: string[];
  errors: (CallError | undefined)[];
  closed: Promise<CallError | undefined>;
} {
  const events: string[] = [];
  const errors: (CallError | undefined)[] = [];
  const closed = new Deferred<CallError | undefined>();
  stream.onMessage((message) => events.push(String(message.seq)));
  stream.onEnd(() => events.push('end'));
  stream.onClose((error) => {
    events.push('close');
    errors.push(error);
    closed.resolve(error);
  });
  return { events, errors, closed: closed.promise };
}

/** The refusal that a call ends with. */
export async function failure(promise: Promise<unknown>): Promise<CallError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CallError)) throw new Error(`expected a CallError, got ${String(error)}`);
  return error;
}

/** What a refusal says, to be compared. */
export function facts(error: CallError | undefined) {
  return (
    error && {
      message: error.message,
      code: error.code,
      reason: error.reason,
      violations: error.violations,
      metadata: error.metadata,
      retryAfterMs: error.retryAfterMs,
    }
  );
}

/** What a refusal says in one line: its reason, and the field it names. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof CallError ? `${Reason[error.reason]} ${error.violations[0]?.field ?? ''}`.trim() : `no refusal: ${String(error)}`;
}

/** What the test needs to be there. */
export function had<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the test needs a value here');
  return value;
}
