// OpenAPI 3.1 from proto/ (messages, enums and their comments) and libs/contracts/rest.ts (paths). Part of `npm run generate`.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { importSource } from '../import-source.mjs';

const root = path.resolve(import.meta.dirname, '../..');

/** The document as an object. Needs Node 24, since the routes are TypeScript. */
export async function openApi() {
  const { REST_ROUTES, pathFields } = await importSource('libs/contracts/rest.ts');
  const types = readTypes();
  const components = new Set();
  const use = (name) => {
    if (!components.has(name)) {
      components.add(name);
      for (const field of types.get(name)?.fields ?? []) if (field.typeName) use(field.typeName);
    }
    return { $ref: `#/components/schemas/${name}` };
  };
  const paths = {};
  for (const route of REST_ROUTES) {
    const rpc = types.get(route.service).methods.find((method) => method.key === route.rpc);
    const request = types.get(rpc.request);
    const inPath = pathFields(route.path);
    const inQuery = route.query ?? [];
    const hasBody = ['POST', 'PUT', 'PATCH'].includes(route.method);
    const parameters = [...inPath, ...inQuery].map((name) => {
      const field = request.fields.find((one) => one.name === name);
      if (!field) throw new Error(`${route.path}: ${rpc.request} has no field ${name}`);
      return {
        name,
        in: inPath.includes(name) ? 'path' : 'query',
        required: inPath.includes(name) || (route.required ?? []).includes(name),
        description: field.comment,
        schema: schemaOf(field, use),
      };
    });
    const bodyFields = request.fields.filter(({ name }) => !inPath.includes(name) && !Object.hasOwn(route.leftOut ?? {}, name));
    const operation = {
      operationId: route.operationId ?? rpc.key,
      tags: [route.service.split('.').at(-1)],
      summary: rpc.comment,
      parameters,
      responses: {
        200: { description: types.get(rpc.response).comment, content: { 'application/json': { schema: use(rpc.response) } } },
        default: {
          description: 'A refusal or failure, as RFC 9457 says.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    };
    if (hasBody) operation.requestBody = { required: true, content: { 'application/json': { schema: objectOf(bodyFields, use) } } };
    const key = route.path.replace(/:(\w+)/g, '{$1}');
    (paths[key] ??= {})[route.method.toLowerCase()] = operation;
  }
  // The first message of a WebSocket is checked against it as a body is.
  use('orders.v1.StreamOrderEventsRequest');
  const schemas = Object.fromEntries([...components].sort().map((name) => [name, componentOf(types.get(name), use)]));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Switchyard',
      version: '1',
      description:
        'REST mirror of the gRPC contract. Decimals are strings, instants are milliseconds since 1970-01-01 UTC. ' +
        'A body is ProtoJSON: a whole number may stand in quotes, an enum may be given by its number (x-enum-numbers), and a field that is null is left out. ' +
        'Names are lowerCamelCase; one that is not known, or stands twice in an object, is refused, and so is a decimal that is not a string. ' +
        'Answers have whole numbers without quotes (none is beyond what a double holds), enums by name, and no field that is empty, zero or false. ' +
        'A header x-timeout-ms is the deadline of the call: 1 or more, of which 30000 count at most; without it 10000. ' +
        'StreamOrderEvents is at /v1/order-events over WebSocket, with the same bearer token: the first message of the client is a StreamOrderEventsRequest, ' +
        'every message to it a StreamOrderEventsResponse, as JSON; a refusal or failure closes with 4000 and the gRPC code, and says the reason.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { ...schemas, Problem: problem },
    },
  };
}

const problem = {
  type: 'object',
  description: 'Why a call was refused or failed.',
  required: ['type', 'title', 'status', 'detail', 'code', 'reason', 'violations'],
  properties: {
    type: { type: 'string', description: 'urn:switchyard:reason: and the reason.' },
    title: { type: 'string', description: 'The reason in words.' },
    status: { type: 'integer', description: 'The HTTP status.' },
    detail: { type: 'string', description: 'A sentence.' },
    code: { type: 'string', description: 'The gRPC code.' },
    reason: { type: 'string', description: 'Name of a common.v1.Reason without its prefix.' },
    violations: {
      type: 'array',
      description: 'Every wrong field.',
      items: {
        type: 'object',
        properties: {
          field: { type: 'string', description: 'Path of the field in the request, or the name of the header.' },
          description: { type: 'string', description: 'The rule that it breaks.' },
          reason: { type: 'string', description: 'Name of a common.v1.Reason without its prefix.' },
        },
      },
    },
    metadata: { type: 'object', description: 'Facts for machines, such as a limit.', additionalProperties: { type: 'string' } },
    retryAfterMs: { type: 'integer', description: 'When to try again, in milliseconds; also in the header retry-after, in seconds.' },
  },
};

function objectOf(fields, use) {
  const properties = Object.fromEntries(fields.map((field) => [field.name, { ...schemaOf(field, use), description: field.comment }]));
  return { type: 'object', additionalProperties: false, properties };
}

function componentOf(type, use) {
  if (type.values)
    return {
      type: 'string',
      description: `${type.comment}\n\n${type.values.map((value) => `- ${value.name}: ${value.comment}`).join('\n')}`,
      enum: type.values.map((value) => value.name),
      'x-enum-numbers': type.values.map((value) => value.number),
    };
  return { ...objectOf(type.fields, use), description: type.comment };
}

function schemaOf(field, use) {
  const one = field.mapValue
    ? { type: 'object', additionalProperties: field.mapValue }
    : field.typeName
      ? use(field.typeName)
      : field.schema;
  return field.repeated && !field.mapValue ? { type: 'array', items: one } : one;
}

/** Every message, enum and service of the image by its full name. */
function readTypes() {
  const buf = path.join(root, 'node_modules/.bin/buf');
  const image = JSON.parse(execFileSync(buf, ['build', '-o', '-#format=json'], { cwd: root, maxBuffer: 1 << 28, encoding: 'utf8' }));
  const types = new Map();
  for (const file of image.file) {
    const comments = new Map(
      (file.sourceCodeInfo?.location ?? []).map(({ path: at, leadingComments }) => [
        (at ?? []).join('.'),
        (leadingComments ?? '').trim().replace(/\n ?/g, ' '),
      ]),
    );
    const commentOf = (at) => comments.get(at) ?? '';
    const addEnum = (scope, declared, at) => {
      const values = declared.value.map((value, index) => ({
        name: value.name,
        number: value.number ?? 0,
        comment: commentOf(`${at}.2.${index}`),
      }));
      types.set(`${scope}.${declared.name}`, { comment: commentOf(at), values });
    };
    const addMessage = (scope, message, at) => {
      const name = `${scope}.${message.name}`;
      const entries = new Map(
        (message.nestedType ?? []).filter((nested) => nested.options?.mapEntry).map((nested) => [`.${name}.${nested.name}`, nested]),
      );
      const fields = (message.field ?? []).map((field, index) => fieldOf(field, commentOf(`${at}.2.${index}`), entries));
      types.set(name, { comment: commentOf(at), fields });
      (message.nestedType ?? []).forEach((nested, index) => nested.options?.mapEntry || addMessage(name, nested, `${at}.3.${index}`));
      (message.enumType ?? []).forEach((declared, index) => addEnum(name, declared, `${at}.4.${index}`));
    };
    (file.messageType ?? []).forEach((message, index) => addMessage(file.package, message, `4.${index}`));
    (file.enumType ?? []).forEach((declared, index) => addEnum(file.package, declared, `5.${index}`));
    (file.service ?? []).forEach((service, index) => {
      const methods = service.method.map((method, at) => ({
        key: method.name[0].toLowerCase() + method.name.slice(1),
        comment: commentOf(`6.${index}.2.${at}`),
        request: method.inputType.slice(1),
        response: method.outputType.slice(1),
      }));
      types.set(`${file.package}.${service.name}`, { methods });
    });
  }
  return types;
}

const scalars = {
  TYPE_STRING: { type: 'string' },
  TYPE_BOOL: { type: 'boolean' },
  TYPE_INT32: { type: 'integer', format: 'int32', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
  TYPE_UINT32: { type: 'integer', format: 'uint32', minimum: 0, maximum: 2 ** 32 - 1 },
  // JSON has doubles, which hold no more.
  TYPE_INT64: { type: 'integer', format: 'int64', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  TYPE_UINT64: { type: 'integer', format: 'uint64' },
  TYPE_BYTES: { type: 'string', contentEncoding: 'base64' },
};

function fieldOf(field, comment, entries) {
  const entry = entries.get(field.typeName);
  const schema = scalars[field.type];
  if (!schema && !field.typeName) throw new Error(`a field of type ${field.type} has no JSON schema here`);
  return {
    name: field.jsonName ?? field.name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()),
    comment,
    schema,
    typeName: entry || !field.typeName ? undefined : field.typeName.slice(1),
    mapValue: entry && (scalars[entry.field[1].type] ?? { type: 'object' }),
    repeated: field.label === 'LABEL_REPEATED',
  };
}
