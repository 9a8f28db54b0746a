/** The HTTP server of a process: health, metrics, and the controllers of its roles. */
import { type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type HealthReport, type ProcessHealth } from '../health/index.js';
import { ProblemFilter, refuseNoJson, refuseWrongHost, tellServerErrors } from '../http/index.js';
import { type Logger } from '../log/index.js';
import { type Telemetry } from '../telemetry/index.js';
import { nestLogger } from './process-module.js';

export async function createNestApp(
  module: DynamicModule,
  health: ProcessHealth,
  telemetry: Telemetry,
  log: Logger,
): Promise<NestExpressApplication> {
  // A module that can't be built throws here, so that the start fails with its sentence and not with an exit inside Nest.
  const app = await NestFactory.create<NestExpressApplication>(module, {
    logger: nestLogger(log),
    abortOnError: false,
    bodyParser: false,
    rawBody: true,
  });
  const server = app.getHttpServer() as Server & { requireHostHeader: boolean };
  tellServerErrors(server);
  server.requireHostHeader = false;
  app.use(refuseWrongHost);
  // Whether the way to us is HTTPS is the business of who ends TLS in front of us.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } }, strictTransportSecurity: false }));
  // What is JSON and no object is told so by who takes it.
  app.useBodyParser('json', { limit: '64kb', strict: false });
  app.use(refuseNoJson);
  // A page's form.
  app.useBodyParser('urlencoded', { limit: '64kb', extended: false });
  app.useGlobalFilters(new ProblemFilter(log));
  const http = app.getHttpAdapter();
  http.get('/healthz', (_: IncomingMessage, response: ServerResponse) => report(response, health.live()));
  http.get('/readyz', (_: IncomingMessage, response: ServerResponse) => report(response, health.ready()));
  http.get('/metrics', (request: IncomingMessage, response: ServerResponse) => telemetry.scrape(request, response));
  return app;
}

const drainMs = 2_000;

/** Takes no more requests, waits for those in flight, and cuts what is left after two seconds. */
export async function closeNestApp(app: NestExpressApplication): Promise<void> {
  const server = app.getHttpServer();
  // A connection that is kept alive after its answer would hold the server open.
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  const cut = setTimeout(() => server.closeAllConnections(), drainMs);
  await app.close();
  clearInterval(sweep);
  clearTimeout(cut);
}

function report(response: ServerResponse, { ok, problems }: HealthReport): void {
  response.statusCode = ok ? 200 : 503;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ ok, problems }));
}
