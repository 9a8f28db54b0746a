import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came in. */
export interface RecordedRequest {
  readonly method: string;
  /** Path with query, as sent. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the server does with one request: an answer; `drop`, which reads the request and then cuts the connection; `hang`, which never answers. */
export type ScriptedAnswer =
  | { readonly status: number; readonly body?: string | object; readonly headers?: Record<string, string>; readonly delayMs?: number }
  | 'drop'
  | 'hang';

/** A server on a port of its own, with answers by route and a record of every request. */
export class FakeHttpServer {
  /** Every request, in order of arrival of its last byte. */
  readonly requests: RecordedRequest[] = [];
  readonly #scripts = new Map<string, ((request: RecordedRequest) => ScriptedAnswer | undefined)[]>();
  readonly #server = createServer((request, response) => void this.#serve(request, response).catch(() => response.destroy()));
  readonly #timers = new Set<NodeJS.Timeout>();
  #port = 0;

  static async start(): Promise<FakeHttpServer> {
    const fake = new FakeHttpServer();
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    fake.#port = (fake.#server.address() as AddressInfo).port;
    return fake;
  }

  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /**
   * Adds answers to a route, e.g. `once('POST', '/orders', …)`: each is given once, in order; the path is compared without its query.
   * A request without an answer gets 501 and the sentence that says so.
   */
  once(method: string, path: string, ...answers: ScriptedAnswer[]): this {
    const script = this.#scriptOf(method, path);
    for (const answer of answers) {
      let isUsed = false;
      script.push(() => {
        if (isUsed) return undefined;
        isUsed = true;
        return answer;
      });
    }
    return this;
  }

  /** Adds what a route answers from now on, after the answers added before with `once`. */
  always(method: string, path: string, answer: ScriptedAnswer | ((request: RecordedRequest) => ScriptedAnswer)): this {
    this.#scriptOf(method, path).push(typeof answer === 'function' ? answer : () => answer);
    return this;
  }

  /** Cuts every connection and stops. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #scriptOf(method: string, path: string): ((request: RecordedRequest) => ScriptedAnswer | undefined)[] {
    const route = `${method} ${path}`;
    const script = this.#scripts.get(route) ?? [];
    this.#scripts.set(route, script);
    return script;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    this.requests.push(request);
    const answer = this.#answerTo(request);
    if (answer === 'hang') return;
    if (answer === 'drop') {
      response.destroy();
      return;
    }
    if (answer.delayMs === undefined) {
      write(response, answer);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      write(response, answer);
    }, answer.delayMs);
    this.#timers.add(timer);
  }

  #answerTo(request: RecordedRequest): ScriptedAnswer {
    const route = `${request.method} ${request.path.split('?')[0]}`;
    for (const step of this.#scripts.get(route) ?? []) {
      const answer = step(request);
      if (answer !== undefined) return answer;
    }
    return { status: 501, body: `no answer is scripted for ${route}` };
  }
}

function write(response: ServerResponse, { status, body = '', headers = {} }: Exclude<ScriptedAnswer, string>): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}
