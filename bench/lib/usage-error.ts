/** What was asked for is none of what the bench does: told without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Whether somebody asked wrongly; `parseArgs` of Node has errors of its own for that. */
export function isUsageError(error: unknown): error is Error {
  return error instanceof UsageError || (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
}
