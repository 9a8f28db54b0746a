/** What an error says of the database: it can't be reached now, or it refused the statement itself. */

/** Class 08 is the connection; 57P01 to 57P03 a server that ends, crashed or starts; 53300 one that has no connection left. */
const awayCodes = /^(08...|57P0[123]|53300)$/;
/** What the system says of a connection that is refused or breaks. */
const networkCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** What `pg` itself throws without a code when the connection goes. */
const connectionLost =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client (has encountered|was closed|was passed)|Query read timeout|Cannot use a pool)/;

/** True where the connection to the database failed, not the statement: the same may succeed when the database is back. Whether it was done is open. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return awayCodes.test(code) || networkCodes.has(code) || connectionLost.test(error.message);
}
