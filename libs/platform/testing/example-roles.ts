/** Two roles that know no trading word, for specs: one answers, the other asks it for REST. */
import { Body, Controller, Get, Inject, Param, Post, Req } from '@nestjs/common';
import { type Calls, type CallOptions, ORDERS_TOPIC } from '@switchyard/contracts';
import { type IncomingMessage } from 'node:http';
import { ask, answer, ECHO_SERVICE, type EchoHandlers } from './echo-service.js';
import { type ConfigOf, defineConfig, integer } from '../config/index.js';
import { callOptionsOf } from '../http/index.js';
import { CALLS, CONFIG, type Lifecycle, PROCESS, type ProcessInfo, type Role } from '../run-roles/index.js';

export const answersConfig = defineConfig('ANSWERS', { factor: integer(1, 100).default(1).describe('What an answer is multiplied by.') });

/** What a part of an example role does wrong. */
export type Failure = 'start' | 'stop' | 'hang';

/** What the lifecycles of example roles told, in order; and whether they are ready. */
export class Journey {
  readonly steps: string[] = [];
  ready: true | string = true;

  part(name: string, fail?: Failure): Lifecycle {
    return {
      start: async () => {
        this.steps.push(`start ${name}`);
        if (fail === 'start') throw new Error(`${name} can not start`);
      },
      stop: async () => {
        this.steps.push(`stop ${name}`);
        if (fail === 'stop') throw new Error(`${name} can not stop`);
        if (fail === 'hang') await new Promise(() => undefined);
      },
      ready: () => this.ready,
    };
  }
}

function crash(): void {
  throw new Error('nobody catches this');
}

/** Answers with the length of the key, times the configured factor. */
export function answersRole(journey: Journey, fail?: Failure): Role {
  class AnswersModule {}
  const LIFE = Symbol('answers');
  const handlersOf = (config: ConfigOf<typeof answersConfig>): EchoHandlers => ({
    ask: async (request) => {
      if (request.key === 'defect') throw new Error('a defect');
      if (request.key === 'database') throw new Error('Connection terminated unexpectedly');
      if (request.key === 'crash') setImmediate(crash);
      if (request.key === 'slow') {
        process.stderr.write('a slow call begins\n');
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      return answer(request.key.length * config.factor);
    },
    list: (_, stream) => stream.end(),
    exchange: (stream) => stream.onMessage((message) => stream.send(message)),
  });
  return {
    name: 'order-gateway',
    serves: [ECHO_SERVICE],
    calls: [],
    reads: [],
    publishes: [ORDERS_TOPIC],
    config: answersConfig,
    lifecycle: [LIFE],
    module: () => ({
      module: AnswersModule,
      providers: [
        { provide: LIFE, useFactory: () => journey.part('answers', fail) },
        { provide: ECHO_SERVICE.token, useFactory: handlersOf, inject: [CONFIG('order-gateway')] },
      ],
    }),
  };
}

@Controller()
class AskController {
  readonly #calls: Calls;
  readonly #process: ProcessInfo;

  constructor(@Inject(CALLS) calls: Calls, @Inject(PROCESS) process: ProcessInfo) {
    this.#calls = calls;
    this.#process = process;
  }

  @Get('/ask/:key')
  async ask(@Param('key') key: string, @Req() request: IncomingMessage): Promise<{ process: string; applied: number }> {
    const options: CallOptions = callOptionsOf(request);
    const { applied } = await this.#calls.any(ECHO_SERVICE).ask(ask(key), options);
    return { process: this.#process.name, applied };
  }

  @Post('/ask')
  async askByBody(@Body() body: { key: string }, @Req() request: IncomingMessage): Promise<{ process: string; applied: number }> {
    return this.ask(body.key, request);
  }
}

/** Serves `GET /ask/:key`, which the other role answers. */
export function asksRole(journey: Journey, reads: Role['reads'] = []): Role {
  class AsksModule {}
  const LIFE = Symbol('asks');
  return {
    name: 'risk-engine',
    serves: [],
    calls: [ECHO_SERVICE],
    reads,
    publishes: [],
    lifecycle: [LIFE],
    module: () => ({
      module: AsksModule,
      controllers: [AskController],
      providers: [{ provide: LIFE, useFactory: () => journey.part('asks') }],
    }),
  };
}
