// The pages at the process' HTTP address. They take the way of every call, with the reader's own token, which a cookie keeps.
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ACCOUNT_SERVICE, CallError, type Calls, INSTRUMENT_SERVICE, ORDER_SERVICE, StatusCode } from '@switchyard/contracts';
import { CALLS } from '@switchyard/platform/run-roles';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { explainPage, ordersPage, problemPage, tokenPage } from './page-html.js';

const cookieName = 'switchyard_token';
const timeoutMs = 5000;
const ordersShown = 100;

@Controller()
export class PageController {
  readonly #symbols = new Map<string, string>();

  constructor(@Inject(CALLS) private readonly calls: Calls) {}

  /** `?token=` signs in and leaves the address. */
  @Get('/')
  async home(@Req() request: IncomingMessage, @Res() response: ServerResponse, @Query('token') token?: string): Promise<void> {
    if (token !== undefined) return signIn(response, token);
    await this.#answer(request, response, async (own) => {
      const [first] = await this.#accounts(own);
      if (first === undefined) return problemPage('No account', 'This token grants no account, or there is none yet.');
      response.statusCode = 302;
      response.setHeader('location', `/accounts/${encodeURIComponent(first)}`);
      return '';
    });
  }

  @Post('/session')
  @HttpCode(303)
  session(@Body() body: { readonly token?: unknown } | undefined, @Res() response: ServerResponse): void {
    signIn(response, typeof body?.token === 'string' ? body.token.trim() : '');
  }

  @Get('/accounts/:accountId')
  async orders(@Req() request: IncomingMessage, @Res() response: ServerResponse, @Param('accountId') accountId: string): Promise<void> {
    await this.#answer(request, response, async (token) => {
      const query = { accountId, ordStatuses: [], openOnly: false, instrument: '', pageSize: ordersShown, pageToken: '' };
      const [{ orders }, accounts] = await Promise.all([
        this.calls.any(ORDER_SERVICE).listOrders(query, { token, timeoutMs }),
        this.#accounts(token),
      ]);
      await this.#learnSymbols(
        orders.map((order) => order.content?.instrument ?? ''),
        token,
      );
      return ordersPage(accountId, accounts, orders, (id) => this.#symbols.get(id) ?? id);
    });
  }

  @Get('/accounts/:accountId/orders/:orderId')
  async explain(
    @Req() request: IncomingMessage,
    @Res() response: ServerResponse,
    @Param('accountId') accountId: string,
    @Param('orderId') orderId: string,
  ): Promise<void> {
    await this.#answer(request, response, async (token) => {
      const [explained, accounts] = await Promise.all([
        this.calls.any(ORDER_SERVICE).explainOrder({ accountId, orderId }, { token, timeoutMs }),
        this.#accounts(token),
      ]);
      await this.#learnSymbols([explained.order?.content?.instrument ?? ''], token);
      return explainPage(explained, accounts, (id) => this.#symbols.get(id) ?? id);
    });
  }

  async #accounts(token: string): Promise<string[]> {
    const { accounts } = await this.calls.any(ACCOUNT_SERVICE).listAccounts({}, { token, timeoutMs });
    return accounts.map((account) => account.accountId);
  }

  /** Symbols are for people: where one can't be had the id is shown. */
  async #learnSymbols(instrumentIds: readonly string[], token: string): Promise<void> {
    const unknown = [...new Set(instrumentIds)].filter((id) => id !== '' && !this.#symbols.has(id));
    const found = await Promise.allSettled(
      unknown.map((instrument) => this.calls.any(INSTRUMENT_SERVICE).getInstrument({ instrument }, { token, timeoutMs })),
    );
    for (const result of found) {
      const instrument = result.status === 'fulfilled' ? result.value.instrument : undefined;
      if (instrument !== undefined) this.#symbols.set(instrument.instrumentId, `${instrument.exchange}:${instrument.symbol}`);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse, make: (token: string) => Promise<string>): Promise<void> {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.setHeader('cache-control', 'no-store');
    const token = tokenOf(request);
    if (token === '') return void response.end(tokenPage(''));
    try {
      response.end(await make(token));
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (error.code === StatusCode.UNAUTHENTICATED) {
        response.statusCode = 401;
        return void response.end(tokenPage(error.message));
      }
      response.statusCode = error.code === StatusCode.NOT_FOUND ? 404 : error.code === StatusCode.PERMISSION_DENIED ? 403 : 503;
      response.end(problemPage('That did not work', error.message));
    }
  }
}

function signIn(response: ServerResponse, token: string): void {
  response.statusCode = 303;
  // A token has no character that a cookie could not hold; whatever has is no token.
  if (/^[\w.-]+$/.test(token)) response.setHeader('set-cookie', `${cookieName}=${token}; HttpOnly; SameSite=Strict; Path=/`);
  response.setHeader('location', '/');
  response.end();
}

function tokenOf(request: IncomingMessage): string {
  const cookies = (request.headers.cookie ?? '').split(';').map((part) => part.trim());
  return cookies.find((cookie) => cookie.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1) ?? '';
}
