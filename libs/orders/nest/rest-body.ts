// A body of REST: JSON as the OpenAPI document describes it, or as ProtoJSON writes the same; and what is wrong with it in the words of the contract.
import { type RawBodyRequest } from '@nestjs/common';
import { fieldsRefused, type FieldViolation, numberRuleOf, Reason } from '@switchyard/contracts';
import { openApi, type Schema } from '@switchyard/contracts/openapi';
import { pathFields, type RestRoute } from '@switchyard/contracts/rest';
import { unclearJson } from '@switchyard/platform/http';
import { type Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { type IncomingMessage } from 'node:http';

type Json = Record<string, unknown>;

/** Gives the fields that a body has, as the generated code takes them. Throws CallError. */
export type ReadBody = (body: unknown) => Json;

/** @param call name of the call, for the rules of its numbers. */
export function bodyReader(route: RestRoute, call: string, ajv: Ajv2020): ReadBody {
  const schema = operationOf(route)?.requestBody?.content['application/json'].schema ?? {};
  const pointer = encodeURIComponent(openApiPath(route).replaceAll('~', '~0').replaceAll('/', '~1'));
  const at = `/paths/${pointer}/${route.method.toLowerCase()}/requestBody/content/application~1json/schema`;
  return readerOf(schema, at, call, ajv, { ...Object.fromEntries(pathFields(route.path).map((name) => [name, inPath])), ...route.leftOut });
}

/** Of a message that comes whole, by its full name. */
export function messageReader(name: string, call: string, ajv: Ajv2020): ReadBody {
  const at = `/components/schemas/${name}`;
  return readerOf({ $ref: `#${at}` }, at, call, ajv);
}

const inPath = 'must be left out: it stands in the address';

/** @param leftOut rules of fields that the message has and this body has not. */
function readerOf(schema: Schema, at: string, call: string, ajv: Ajv2020, leftOut: Readonly<Record<string, string>> = {}): ReadBody {
  const validate = ajv.compile({ $ref: `api#${at}` });
  return (body) => {
    const json = fromProtoJson(body, schema);
    if (!validate(json)) throw fieldsRefused((validate.errors ?? []).filter(isNews).map((error) => toViolation(call, leftOut, error)));
    return json as Json;
  };
}

/** What is sent with GET and DELETE would be passed over, whatever it is. */
export function requireNoBody({ headers }: IncomingMessage): void {
  if (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0) return;
  throw fieldsRefused([
    { field: 'body', description: 'must be empty: the fields stand in path and query', reason: Reason.FIELD_NOT_ALLOWED },
  ]);
}

/** A body of another type is not JSON to the server, however it looks: curl calls what it sends a form unless it is told. */
export function requireJson({ headers, rawBody }: RawBodyRequest<IncomingMessage>): void {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').split(';').map((part) => part.trim().toLowerCase());
  const wrong = (description: string, reason = Reason.FIELD_MALFORMED) => fieldsRefused([{ field: 'Content-Type', description, reason }]);
  if (type === '') throw wrong('the header must be "application/json", and there is none', Reason.FIELD_REQUIRED);
  if (type !== 'application/json') throw wrong(`the header must be "application/json", not "${type}"`);
  const charset = parameters.find((part) => part.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-8"?$/.test(charset)) throw wrong('the charset must be utf-8');
  const unclear = rawBody && unclearJson(rawBody);
  if (unclear !== undefined) throw fieldsRefused([unclear]);
}

export const operationOf = (route: RestRoute) => openApi().paths[openApiPath(route)]?.[route.method.toLowerCase()];
const openApiPath = ({ path }: RestRoute): string => path.replace(/:(\w+)/g, '{$1}');

const numberText = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * What ProtoJSON has more than one way for (https://protobuf.dev/programming-guides/json/), in the one of the document: a whole number given as text, an enum
 * given by its number, and null for a field that is left out. Whatever else it is stays as it is, for the document to refuse.
 */
function fromProtoJson(value: unknown, { $ref, ...own }: Schema): unknown {
  const schema = $ref === undefined ? own : (openApi().components.schemas[$ref.split('/').at(-1) ?? ''] ?? {});
  const { type, enum: names, 'x-enum-numbers': numbers, items, properties } = schema;
  if (names !== undefined) return typeof value === 'number' ? (names[numbers?.indexOf(value) ?? -1] ?? value) : value;
  if (type === 'integer') return typeof value === 'string' && numberText.test(value) ? Number(value) : value;
  if (Array.isArray(value)) return items === undefined ? value : value.map((item) => fromProtoJson(item, items));
  if (properties === undefined || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => inner !== null || !Object.hasOwn(properties, name))
      .map(([name, inner]) => [name, Object.hasOwn(properties, name) ? fromProtoJson(inner, properties[name] ?? {}) : inner]),
  );
}

/** A value of another type than an enum's names is none of them, which is told once. */
const isNews = ({ keyword, parentSchema }: ErrorObject): boolean => keyword !== 'type' || (parentSchema as Schema).enum === undefined;

const typeWords: Readonly<Record<string, string>> = {
  string: 'must be a text',
  integer: 'must be a whole number',
  boolean: 'must be true or false',
  array: 'must be a list',
  object: 'must be an object',
};

/** A broken rule of the document in the words of the contract: the field's path with dots, the rule, the reason. */
function toViolation(call: string, leftOut: Readonly<Record<string, string>>, error: ErrorObject): FieldViolation {
  const { instancePath, keyword, message, params, parentSchema, data } = error;
  const at = instancePath
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.');
  const field = at === '' ? 'body' : at;
  const malformed = (description: string) => ({ field, description, reason: Reason.FIELD_MALFORMED });
  switch (keyword) {
    case 'additionalProperties': {
      const unknown = [at, String(params['additionalProperty'])].filter((part) => part !== '').join('.');
      const description = Object.hasOwn(leftOut, unknown) ? leftOut[unknown] : undefined;
      return { field: unknown, description: description ?? 'this version knows no such field', reason: Reason.FIELD_NOT_ALLOWED };
    }
    case 'enum': {
      const names = (params['allowedValues'] as string[]).filter((name) => !name.endsWith('_UNSPECIFIED'));
      return { field, description: `must be one of ${names.join(', ')}`, reason: Reason.ENUM_UNKNOWN };
    }
    case 'minimum':
    case 'maximum':
      return { field, description: numberRule(call, at, parentSchema as Schema), reason: Reason.OUT_OF_RANGE };
    case 'type':
      if (params['type'] === 'string' && typeof data === 'number') return malformed(`must be a text in quotes: "${data}"`);
      return malformed(typeWords[String(params['type'])] ?? message ?? keyword);
    default:
      return malformed(message ?? keyword);
  }
}

/** The rule of a number: the field's own, or the bounds of its type, in the words that gRPC has for them. */
export function numberRule(call: string, path: string, { minimum, maximum }: Schema = {}): string {
  return numberRuleOf(call, path) ?? `must be from ${minimum} to ${maximum}`;
}
