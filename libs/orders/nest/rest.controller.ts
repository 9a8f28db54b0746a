// REST: every route of contracts/rest.ts, as the gRPC call that it mirrors. A body is checked against the OpenAPI document before it becomes a message (rest-body.ts).
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Put,
  Query,
  type RawBodyRequest,
  Req,
  type Type,
} from '@nestjs/common';
import { type Calls, type CallOptions, fieldsRefused, Reason, type ServiceContract } from '@switchyard/contracts';
import { openApi } from '@switchyard/contracts/openapi';
import { pathFields, REST_ROUTES, type RestRoute } from '@switchyard/contracts/rest';
import { type Auth } from '@switchyard/platform/auth';
import { AUTH, CALLS } from '@switchyard/platform/run-roles';
import { callerOf, callOptionsOf } from '@switchyard/platform/http';
import { Ajv2020, type Options } from 'ajv/dist/2020.js';
import { type IncomingMessage } from 'node:http';
import { bodyReader, numberRule, operationOf, type ReadBody, requireJson, requireNoBody } from './rest-body.js';

/** All that is wrong at once, each with the rule's own part of the document and the value. */
export const ajvOptions: Options = { strict: false, validateFormats: false, allErrors: true, verbose: true };

/** With the document, as `api`. */
export const restAjv = (): Ajv2020 => new Ajv2020(ajvOptions).addSchema(openApi(), 'api');

/** The methods that the routes need of a message type. */
interface JsonType {
  fromJSON(json: unknown): unknown;
  toJSON(message: unknown): unknown;
}

type Json = Record<string, unknown>;

/** Turns the parts of a request into the answer. */
export type RestHandler = (calls: Calls, params: Json, query: Json, body: unknown, options: CallOptions) => Promise<unknown>;

/** Makes the handler of a route. Throws at start when the route names something that does not exist. */
export function restHandler(route: RestRoute, contracts: readonly ServiceContract[], ajv: Ajv2020): RestHandler {
  const contract = contracts.find(({ definition }) => definition.fullName === route.service);
  const method = contract?.definition.methods[route.rpc];
  if (contract === undefined || method === undefined)
    throw new Error(`${route.method} ${route.path} names ${route.service}.${route.rpc}, which does not exist`);
  const [requestType, responseType] = [method.requestType, method.responseType] as unknown as [JsonType, JsonType];
  let readBody: ReadBody | undefined;
  return async (calls, params, query, body, options) => {
    // Made when first used: most routes never are, and start-up is short.
    readBody ??= takesBody(route) ? bodyReader(route, method.name, ajv) : () => ({});
    const json = { ...queryOf(route, method.name, query), ...readBody(body), ...params };
    const call = (calls.any(contract) as Record<string, (request: unknown, options: CallOptions) => Promise<unknown>>)[route.rpc];
    if (call === undefined) throw new Error(`${route.rpc} is a unary call`);
    return responseType.toJSON(await call(requestType.fromJSON(json), options));
  };
}

const takesBody = ({ method }: RestRoute): boolean => method !== 'GET' && method !== 'DELETE';

/** Query values are texts; what the document says to be another type is read as that. */
function queryOf(route: RestRoute, call: string, query: Json): Json {
  const known = route.query ?? [];
  const unknown = Object.keys(query).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw fieldsRefused(
      unknown.map((field) => ({
        field,
        description: `this path takes ${known.join(', ') || 'no query'}`,
        reason: Reason.FIELD_NOT_ALLOWED,
      })),
    );
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, readQuery(route, call, name, value)]));
}

function readQuery(route: RestRoute, call: string, name: string, value: unknown): unknown {
  const schema = operationOf(route)?.parameters.find((parameter) => parameter.name === name)?.schema;
  const type = schema?.type;
  if (type === 'array') return Array.isArray(value) ? value : String(value).split(',');
  const malformed = (rule: string) => fieldsRefused([{ field: name, description: rule, reason: Reason.FIELD_MALFORMED }]);
  if (type === 'integer') {
    if (!/^-?\d+$/.test(String(value))) throw malformed('must be a whole number');
    const [number, { minimum = -Infinity, maximum = Infinity } = {}] = [Number(value), schema];
    if (number >= minimum && number <= maximum) return number;
    throw fieldsRefused([{ field: name, description: numberRule(call, name, schema), reason: Reason.OUT_OF_RANGE }]);
  }
  if (type === 'boolean') {
    if (value !== 'true' && value !== 'false') throw malformed('must be true or false');
    return value === 'true';
  }
  if (typeof value !== 'string') throw malformed('must be given once');
  return value;
}

const decorators = { GET: Get, POST: Post, PUT: Put, PATCH: Patch, DELETE: Delete } as const;

/** The Nest controller of all routes. */
export function restController(contracts: readonly ServiceContract[]): Type<unknown> {
  class RestController {
    constructor(
      readonly calls: Calls,
      readonly auth: Auth,
    ) {}

    openApi() {
      return openApi();
    }
  }
  Inject(CALLS)(RestController, undefined, 0);
  Inject(AUTH)(RestController, undefined, 1);
  decorate(RestController, 'openApi', [Get('/openapi.json')]);
  const ajv = restAjv();
  // The more words of its own a path has, the earlier it is asked: /orders/preview before /orders/:orderId.
  const routes = [...REST_ROUTES].sort((a, b) => pathFields(a.path).length - pathFields(b.path).length);
  for (const route of routes) {
    const handle = restHandler(route, contracts, ajv);
    const name = `${route.method} ${route.path}`;
    Object.defineProperty(RestController.prototype, name, {
      async value(this: RestController, params: Json, query: Json, body: unknown, request: RawBodyRequest<IncomingMessage>) {
        // Who calls comes first: what is wrong with headers and body is told to who may call.
        await this.auth.verify(callerOf(request).token);
        if (takesBody(route)) requireJson(request);
        else requireNoBody(request);
        return handle(this.calls, params, query, body, callOptionsOf(request));
      },
    });
    decorate(RestController, name, [decorators[route.method](route.path), HttpCode(200)]);
    [Param(), Query(), Body(), Req()].forEach((parameter, at) => parameter(RestController.prototype, name, at));
  }
  Controller()(RestController);
  return RestController;
}

function decorate(controller: Type<unknown>, name: string, with_: readonly MethodDecorator[]): void {
  const descriptor = Object.getOwnPropertyDescriptor(controller.prototype, name);
  if (descriptor === undefined) throw new Error(`the controller has no ${name}`);
  for (const decorator of with_) decorator(controller.prototype as object, name, descriptor);
}
