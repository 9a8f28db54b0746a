import { type Call, type CallEntry, type CallError, type Principal } from '@switchyard/contracts';

/** The call that a handler answers. Its AbortSignal is made when somebody asks for it: most handlers don't. */
export class ServedCall implements Call {
  readonly principal: Principal;
  readonly token: string;
  readonly deadlineMs: number;
  readonly traceparent: string;
  readonly forwarded: boolean;
  readonly entered: CallEntry | undefined;
  #controller: AbortController | undefined;
  #aborted: CallError | undefined;

  constructor(facts: Omit<Call, 'signal'>) {
    this.principal = facts.principal;
    this.token = facts.token;
    this.deadlineMs = facts.deadlineMs;
    this.traceparent = facts.traceparent;
    this.forwarded = facts.forwarded;
    this.entered = facts.entered;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  abort(reason: CallError): void {
    this.#aborted ??= reason;
    this.#controller?.abort(this.#aborted);
  }
}
