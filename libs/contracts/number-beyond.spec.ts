import { create, createFileRegistry, type DescMessage, type FileRegistry, fromBinary, ScalarType, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { Reason } from './gen/common/v1/reason.js';
import { ListOrdersRequest } from './gen/orders/v1/service.js';
import * as services from './services.js';
import { numberBeyond } from './number-beyond.js';
import { numberRuleOf, numberRules } from './number-rules.js';
import { type BinaryReader } from './wire-reader.js';

const root = path.resolve(import.meta.dirname, '../..');
let protos: FileRegistry;

beforeAll(() => {
  const buf = path.join(root, 'node_modules/@bufbuild/buf/bin/buf');
  const image = execFileSync(process.execPath, [buf, 'build', '--as-file-descriptor-set', '-o', '-'], { cwd: root, maxBuffer: 1 << 26 });
  protos = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
});

interface Decoder {
  decode(input: BinaryReader | Uint8Array): unknown;
}

/** A message in which only one int64 is set, and where it stands. */
interface Spoilt {
  readonly field: string;
  readonly message: object;
}

/** Every int64 of a message, also in the messages inside of it, each set alone. */
function spoiltMessages(type: DescMessage, value: bigint): Spoilt[] {
  return type.fields.flatMap((field) => {
    const set = (inner: unknown) => create(type, { [field.localName]: inner });
    if (field.fieldKind === 'scalar' && field.scalar === ScalarType.INT64) return [{ field: field.jsonName, message: set(value) }];
    if (field.fieldKind === 'list' && field.listKind === 'scalar' && field.scalar === ScalarType.INT64)
      return [{ field: `${field.jsonName}[0]`, message: set([value]) }];
    const isList = field.fieldKind === 'list';
    if (field.message === undefined || field.fieldKind === 'map' || field.oneof !== undefined) return [];
    return spoiltMessages(field.message, value).map((inner) => ({
      field: `${field.jsonName}${isList ? '[0]' : ''}.${inner.field}`,
      message: set(isList ? [inner.message] : inner.message),
    }));
  });
}

/** The requests of all calls that take one message, with the code that reads them. */
function requests(): { readonly name: string; readonly call: string; readonly type: DescMessage; readonly decoder: Decoder }[] {
  return Object.values(services).flatMap(({ definition }) =>
    Object.values(definition.methods)
      .filter(({ requestStream }) => !requestStream)
      .map(({ name, requestType }) => {
        const method = protos.getService(definition.fullName)?.methods.find((one) => one.name === name);
        if (method === undefined) throw new Error(`proto/ has no ${name}`);
        return { name: `${definition.name}/${name}`, call: name, type: method.input, decoder: requestType as unknown as Decoder };
      }),
  );
}

describe('a number of a request that a double does not hold', () => {
  it.each([
    ['the largest int64', 2n ** 63n - 1n],
    ['the smallest int64', -(2n ** 63n)],
    ['one more than the largest', 2n ** 53n],
  ])('is named with its rule, in every request that has one: %s', (_, value) => {
    const named: string[] = [];
    for (const { name, call, type, decoder } of requests()) {
      for (const { field, message } of spoiltMessages(type, value)) {
        const bytes = toBinary(type, message as never);
        expect(() => decoder.decode(bytes)).toThrow(/SAFE_INTEGER/);
        const violation = numberBeyond(call, (reader) => decoder.decode(reader), bytes);
        expect({ name, ...violation }).toEqual({
          name,
          field,
          description: numberRuleOf(call, field) ?? 'must be from -9007199254740991 to 9007199254740991',
          reason: Reason.OUT_OF_RANGE,
        });
        named.push(`${name} ${field}`);
      }
    }
    expect(named).toEqual(
      expect.arrayContaining([
        'OrderService/PlaceOrder content.sendBeforeMs',
        'OrderService/PreviewOrder content.expireAtMs',
        'OrderService/StreamOrderEvents cursors[0].accountSeq',
        'RiskService/SetLimits limits.quoteAgeMaxMs',
        'JournalService/ReadJournal fromSeq',
      ]),
    );
  });

  it.each([
    ['PlaceOrder', 'content.sendBeforeMs', numberRules.sendBeforeMs],
    ['StreamOrderEvents', 'cursors[0].accountSeq', 'must be a whole number from -1, at most 9007199254740991'],
    ['ReadJournal', 'fromSeq', 'must be 0 or more, at most 9007199254740991'],
    ['StreamExecutions', 'fromSeq', 'must be 1 or more, at most 9007199254740991'],
    ['SetLimits', 'limits.quoteAgeMaxMs', 'must be 0 or more, at most 9007199254740991'],
    ['SetLimits', 'limits.commandsPerSecondMax', 'must be 0 or more, at most 2147483647'],
    ['ListOrders', 'pageSize', 'must be from 1 to 200, or left out'],
    ['ListLedger', 'pageSize', 'must be from 1 to 500, or left out'],
    ['PutHalts', 'haltVersion', undefined],
  ])('has the rule of its field, where that is narrower than its type: %s %s', (call, field, rule) => {
    expect(numberRuleOf(call, field)).toBe(rule);
  });

  it.each([
    ['a page size', 'ListOrders', [0x28, 0x80, 0x80, 0x80, 0x80, 0x10], 'pageSize', numberRules['ListOrders.pageSize']],
    ['an enum', 'ListOrders', [0x10, 0x81, 0x80, 0x80, 0x80, 0x10], 'ordStatuses[0]', 'must be from -2147483648 to 2147483647'],
  ])('is named where its type has 32 bits: %s', (_what, call, bytes, field, description) => {
    const violation = numberBeyond(call, (reader) => ListOrdersRequest.decode(reader), Buffer.from(bytes));
    expect(violation).toEqual({ field, description, reason: Reason.OUT_OF_RANGE });
  });

  it('is not what is wrong with bytes that are no message', () => {
    expect(numberBeyond('ListOrders', (reader) => ListOrdersRequest.decode(reader), Buffer.from([0x0a, 0xff]))).toBeUndefined();
    expect(numberBeyond('ListOrders', (reader) => ListOrdersRequest.decode(reader), Buffer.from([]))).toBeUndefined();
  });
});
