/** The bounds of calls, the same in process and over gRPC. */

/** A unary call may take at most this long; a later deadline is brought forward, also over REST: who is answered earlier than asked has lost nothing. */
export const maxUnaryMs = 30_000;
/** A unary request may have at most this many bytes. */
export const maxRequestBytes = 64 * 1024;
/** A message of a stream may have at most this many bytes. */
export const maxMessageBytes = 4 * 1024 * 1024;
/** `send` says false when this many messages wait. */
export const streamBound = 256;
/** The stream is closed with OVERLOADED when this many messages wait. */
export const streamOverload = 4 * streamBound;
