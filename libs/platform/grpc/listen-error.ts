// A port that can't be had, in a sentence that names the way out.

/** The process can't listen where its configuration says. */
export class ListenError extends Error {
  override readonly name = 'ListenError';

  /** @param variable the setting that says where. */
  constructor(what: string, address: string, variable: string, cause: unknown) {
    super(
      `${what} can't listen on ${address}: ${cause instanceof Error ? cause.message : String(cause)}. ` +
        `If something else uses that port, end it, or set ${variable} to another address (port 0 takes any free one).`,
      { cause },
    );
  }
}
