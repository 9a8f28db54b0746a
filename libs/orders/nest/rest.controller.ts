// REST: every route of contracts/rest.ts, as the gRPC call that it mirrors. A body is checked against the OpenAPI document before it becomes a message.
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Put, Query, Req, type Type } from '@nestjs/common';
import {
  CallError,
  type Calls,
  type CallOptions,
  type FieldViolation,
  numberRuleOf,
  Reason,
  type ServiceContract,
  StatusCode,
} from '@switchyard/contracts';
import { openApi } from '@switchyard/contracts/openapi';
import { pathFields, REST_ROUTES, type RestRoute } from '@switchyard/contracts/rest';
import { type Auth } from '@switchyard/platform/auth';
import { AUTH, CALLS } from '@switchyard/platform/run-roles';
import { callerOf, callOptionsOf } from '@switchyard/platform/http';
import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020.js';
import { type IncomingMessage } from 'node:http';

/** All that is wrong at once, each with the rule's own part of the document. */
export const ajvOptions: Options = { strict: false, validateFormats: false, allErrors: true, verbose: true };

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
  const hasBody = takesBody(route);
  let validate: ValidateFunction | undefined;
  return async (calls, params, query, body, options) => {
    if (hasBody) {
      // Compiled when first used: most routes never are, and start-up is short.
      validate ??= ajv.compile({
        $ref: `api#/paths/${pointer(route.path)}/${route.method.toLowerCase()}/requestBody/content/application~1json/schema`,
      });
      if (!validate(body)) throw refused((validate.errors ?? []).map((error) => toViolation(method.name, error)));
    }
    const json = { ...queryOf(route, method.name, query), ...(hasBody ? (body as Json) : {}), ...params };
    const call = (calls.any(contract) as Record<string, (request: unknown, options: CallOptions) => Promise<unknown>>)[route.rpc];
    if (call === undefined) throw new Error(`${route.rpc} is a unary call`);
    return responseType.toJSON(await call(requestType.fromJSON(json), options));
  };
}

const takesBody = ({ method }: RestRoute): boolean => method !== 'GET' && method !== 'DELETE';

/** A body of another type is not JSON to the server, however it looks: curl calls what it sends a form unless it is told. */
export function requireJson(route: RestRoute, contentType: string | undefined): void {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!takesBody(route) || type === 'application/json') return;
  throw refused([
    {
      field: 'Content-Type',
      description: `the header must be "application/json", ${type === '' ? 'and there is none' : `not "${type}"`}`,
      reason: type === '' ? Reason.FIELD_REQUIRED : Reason.FIELD_MALFORMED,
    },
  ]);
}

/** Query values are texts; what the document says to be another type is read as that. */
function queryOf(route: RestRoute, call: string, query: Json): Json {
  const known = route.query ?? [];
  const unknown = Object.keys(query).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw refused(
      unknown.map((field) => ({
        field,
        description: `this path takes ${known.join(', ') || 'no query'}`,
        reason: Reason.FIELD_NOT_ALLOWED,
      })),
    );
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, readQuery(route, call, name, value)]));
}

function readQuery(route: RestRoute, call: string, name: string, value: unknown): unknown {
  const operation = openApi().paths[openApiPath(route.path)]?.[route.method.toLowerCase()];
  const schema = operation?.parameters.find((parameter) => parameter.name === name)?.schema;
  const type = schema?.type;
  if (type === 'array') return Array.isArray(value) ? value : String(value).split(',');
  const malformed = (rule: string) => refused([{ field: name, description: rule, reason: Reason.FIELD_MALFORMED }]);
  if (type === 'integer') {
    if (!/^-?\d+$/.test(String(value))) throw malformed('a whole number');
    const [number, { minimum = -Infinity, maximum = Infinity } = {}] = [Number(value), schema];
    if (number >= minimum && number <= maximum) return number;
    throw refused([{ field: name, description: numberRuleOf(call, name) ?? rangeOf(schema), reason: Reason.OUT_OF_RANGE }]);
  }
  if (type === 'boolean') {
    if (value !== 'true' && value !== 'false') throw malformed('true or false');
    return value === 'true';
  }
  if (typeof value !== 'string') throw malformed('given once');
  return value;
}

function refused(violations: readonly FieldViolation[]): CallError {
  const [first] = violations;
  return new CallError(first === undefined ? 'the body is refused' : `${first.field}: ${first.description}`, {
    code: StatusCode.INVALID_ARGUMENT,
    reason: first?.reason ?? Reason.FIELD_MALFORMED,
    violations,
  });
}

/** A broken rule of the document in the words of the contract: the field's path with dots, the rule, the reason. */
function toViolation(call: string, { instancePath, keyword, message, params, parentSchema }: ErrorObject): FieldViolation {
  const at = instancePath
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.');
  const field = (name: unknown): string => [at, String(name)].filter((part) => part !== '').join('.');
  switch (keyword) {
    case 'additionalProperties':
      return {
        field: field(params['additionalProperty']),
        description: 'this version knows no such field',
        reason: Reason.FIELD_NOT_ALLOWED,
      };
    case 'enum':
      return {
        field: at,
        description: `one of ${(params['allowedValues'] as string[]).filter((name) => !name.endsWith('_UNSPECIFIED')).join(', ')}`,
        reason: Reason.ENUM_UNKNOWN,
      };
    case 'minimum':
    case 'maximum':
      return {
        field: at,
        description: numberRuleOf(call, at) ?? rangeOf(parentSchema as NumberRange),
        reason: Reason.OUT_OF_RANGE,
      };
    default:
      return { field: at === '' ? 'body' : at, description: message ?? keyword, reason: Reason.FIELD_MALFORMED };
  }
}

/** The bounds of a number's type, in the words that gRPC has for them: for a field that has no narrower rule. */
const rangeOf = ({ minimum, maximum }: NumberRange = {}): string => `must be from ${minimum} to ${maximum}`;

interface NumberRange {
  readonly minimum?: number;
  readonly maximum?: number;
}

const openApiPath = (path: string): string => path.replace(/:(\w+)/g, '{$1}');
const pointer = (path: string): string => encodeURIComponent(openApiPath(path).replaceAll('~', '~0').replaceAll('/', '~1'));

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
  const ajv = new Ajv2020(ajvOptions);
  ajv.addSchema(openApi(), 'api');
  // The more words of its own a path has, the earlier it is asked: /orders/preview before /orders/:orderId.
  const routes = [...REST_ROUTES].sort((a, b) => pathFields(a.path).length - pathFields(b.path).length);
  for (const route of routes) {
    const handle = restHandler(route, contracts, ajv);
    const name = `${route.method} ${route.path}`;
    Object.defineProperty(RestController.prototype, name, {
      async value(this: RestController, params: Json, query: Json, body: unknown, request: IncomingMessage) {
        // Who calls comes first: what is wrong with headers and body is told to who may call.
        await this.auth.verify(callerOf(request).token);
        requireJson(route, request.headers['content-type']);
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
