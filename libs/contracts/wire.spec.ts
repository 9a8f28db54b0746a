import { describe, expect, it, jest } from '@jest/globals';
import { type DescField, type DescMessage, type FileRegistry, createFileRegistry, fromBinary, ScalarType } from '@bufbuild/protobuf';
import { BinaryWriter as StockWriter } from '@bufbuild/protobuf/wire';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { BinaryWriter } from './wire.js';
import { OrderContent } from './gen/common/v1/types.js';
import { OrderEvent } from './gen/orders/v1/events.js';
import { OrderState, Placement, RiskDecision_InputsEntry } from './gen/orders/v1/order.js';
import { ListOrdersRequest, PlaceOrderRequest } from './gen/orders/v1/service.js';
import { OwnerMessage } from './gen/risk/v1/service.js';
import { BinaryReader, decodeWithout, hasField } from './wire-reader.js';

jest.setTimeout(60_000);

interface Codec {
  fromJSON(object: unknown): unknown;
  encode(message: unknown, writer?: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

const root = path.resolve(import.meta.dirname, '../..');
const int64 = fc.maxSafeInteger();
const anyText = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ maxLength: 400 }), fc.string({ unit: 'binary', maxLength: 40 }));

/** Descriptors of all our files, from proto/ itself. */
function describeProtos(): FileRegistry {
  const buf = path.join(root, 'node_modules/@bufbuild/buf/bin/buf');
  const image = execFileSync(process.execPath, [buf, 'build', '--as-file-descriptor-set', '-o', '-'], { cwd: root, maxBuffer: 1 << 26 });
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
}

function scalar(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return anyText;
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    case ScalarType.INT32:
      return fc.integer();
    case ScalarType.UINT32:
      return fc.nat(0xffffffff);
    case ScalarType.INT64:
      return int64;
    default:
      throw new Error(`no field of ours had the scalar type ${type} until now: teach wire.ts and this test`);
  }
}

/** Any message of the type, in the form that `fromJSON` reads. */
function messageOf(message: DescMessage, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of message.fields) if (depth > 0 || field.message === undefined) fields[field.jsonName] = valueOf(field, depth - 1);
  const all = fc.record(fields, { requiredKeys: [] });
  // Of the members of a oneof only one is given.
  return all.map((value) => {
    for (const oneof of message.oneofs) {
      const given = oneof.fields.filter((field) => field.jsonName in value);
      for (const field of given.slice(1)) delete value[field.jsonName];
    }
    return value;
  });
}

function valueOf(field: DescField, depth: number): fc.Arbitrary<unknown> {
  switch (field.fieldKind) {
    case 'scalar':
      return scalar(field.scalar);
    case 'enum':
      return fc.constantFrom(...field.enum.values.map((value) => value.number));
    case 'message':
      return messageOf(field.message, depth);
    case 'list':
      if (field.listKind === 'scalar') return fc.array(scalar(field.scalar), { maxLength: 4 });
      if (field.listKind === 'enum') return fc.array(fc.constantFrom(...field.enum.values.map((value) => value.number)), { maxLength: 4 });
      return fc.array(messageOf(field.message, depth), { maxLength: 3 });
    case 'map':
      if (field.mapKind !== 'scalar') throw new Error('maps of ours had scalar values until now');
      // The keys of our maps are names of checks and facts. An object can't hold the key __proto__, in ts-proto's code as anywhere.
      return fc.dictionary(
        fc.string().filter((key) => key !== '__proto__'),
        scalar(field.scalar),
        { maxKeys: 3 },
      );
  }
}

describe('the writer', () => {
  const registry = describeProtos();
  const messages = [...registry].filter(
    (type): type is DescMessage => type.kind === 'message' && type.file.name !== 'google/protobuf/descriptor',
  );

  it('writes every message of proto/ byte for byte as the stock writer does, and reads it back', async () => {
    expect(messages.length).toBeGreaterThan(100);
    for (const message of messages) {
      if (message.file.proto.package === 'google.protobuf' && message.parent !== undefined) continue;
      const generated = (await import(path.join(root, 'libs/contracts/gen', `${message.file.name}.ts`))) as Record<string, Codec>;
      const name = message.typeName.slice(message.file.proto.package.length + 1).replaceAll('.', '_');
      const codec = generated[name];
      if (codec === undefined) {
        expect(message.parent?.fields.some((field) => field.fieldKind === 'map')).toBe(true); // The entry of a map has no name of its own in ts-proto.
        continue;
      }
      fc.assert(
        fc.property(messageOf(message, 3), (json) => {
          const value = codec.fromJSON(json);
          const ours = codec.encode(value).finish();
          const stock = codec.encode(value, new StockWriter()).finish();
          expect(Buffer.compare(ours, stock)).toBe(0);
          // Read back and written again, they are the same bytes: nothing was lost or changed on the way.
          expect(Buffer.compare(codec.encode(codec.decode(ours)).finish(), stock)).toBe(0);
        }),
        { numRuns: 30 },
      );
    }
  });

  type Op = { op: 'int64' | 'int32' | 'uint32' | 'bool' | 'string' | 'bytes'; value: never };
  const op = (name: Op['op'], values: fc.Arbitrary<unknown>) => values.map((value) => ({ op: name, value: value as never }));
  const leaf = fc.oneof(
    op('int64', fc.oneof(int64, fc.constantFrom(-1, 0, 127, 128, 2 ** 31, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, -(2 ** 53) + 1))),
    op('int32', fc.integer()),
    op('uint32', fc.nat(0xffffffff)),
    op('bool', fc.boolean()),
    op(
      'string',
      fc.oneof(
        anyText,
        fc.integer({ min: 60, max: 70_000 }).map((length) => 'é'.repeat(length)),
        fc.integer({ min: 120, max: 130 }).map((length) => 'x'.repeat(length)),
      ),
    ),
    op(
      'bytes',
      fc.integer({ min: 0, max: 70_000 }).map((length) => Buffer.alloc(length, 7)),
    ),
  );
  const { tree } = fc.letrec<{ tree: (Op | { nested: unknown[] })[] }>((tie) => ({
    tree: fc.array(fc.oneof({ depthSize: 'small' }, leaf, fc.record({ nested: tie('tree') })), { maxLength: 6 }),
  }));

  function play(writer: BinaryWriter | StockWriter, ops: readonly unknown[]): void {
    for (const item of ops as readonly (Op | { nested: unknown[] })[]) {
      if ('nested' in item) {
        writer.uint32(10).fork();
        play(writer, item.nested);
        writer.join();
      } else writer[item.op](item.value);
    }
  }

  it('writes any nesting of any values as the stock writer does, beyond one buffer and its growth', () => {
    fc.assert(
      fc.property(tree, (ops) => {
        const ours = new BinaryWriter();
        const stock = new StockWriter();
        play(ours, ops);
        play(stock, ops);
        expect(Buffer.compare(ours.finish(), stock.finish())).toBe(0);
      }),
      { numRuns: 400 },
    );
  });

  it('keeps two writers that are open at the same time apart, also after one was abandoned in the middle of a message', () => {
    const abandoned = new BinaryWriter();
    abandoned.uint32(10).fork();
    const first = new BinaryWriter().string('first');
    const second = new BinaryWriter().string('second');
    expect(first.finish().subarray(1).toString()).toBe('first');
    expect(second.finish().subarray(1).toString()).toBe('second');
    expect(new BinaryWriter().string('third').finish().subarray(1).toString()).toBe('third');
  });

  it.each([
    ['a fraction as int64', (writer: BinaryWriter) => writer.int64(0.5)],
    ['a number beyond what a double holds', (writer: BinaryWriter) => writer.int64(2 ** 53)],
    ['not a number', (writer: BinaryWriter) => writer.int32(Number.NaN)],
    ['a negative uint32', (writer: BinaryWriter) => writer.uint32(-1)],
  ])('refuses %s', (_, write) => {
    expect(() => write(new BinaryWriter())).toThrow();
  });
});

describe('the reader', () => {
  const bytes = (...ops: ((writer: StockWriter) => unknown)[]): Uint8Array => {
    const writer = new StockWriter();
    for (const op of ops) op(writer);
    return writer.finish();
  };

  it('reads numbers of every size as they were written', () => {
    fc.assert(
      fc.property(int64, fc.integer(), fc.nat(0xffffffff), fc.boolean(), (long, int, unsigned, flag) => {
        const reader = new BinaryReader(
          bytes(
            (w) => w.int64(long),
            (w) => w.int32(int),
            (w) => w.uint32(unsigned),
            (w) => w.bool(flag),
          ),
        );
        expect([reader.int64(), reader.int32(), reader.uint32(), reader.bool()]).toEqual([long, int, unsigned, flag]);
        expect(reader.pos).toBe(reader.len);
      }),
    );
  });

  it.each([0, -1, 127, 128, 2 ** 28, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 35, -(2 ** 35), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])(
    'reads the 64-bit number %d',
    (value) => {
      expect(new BinaryReader(bytes((w) => w.int64(value))).int64()).toBe(value);
    },
  );

  it('passes over fields that it does not know', () => {
    const message = bytes(
      (w) => w.uint32(8).int64(-5),
      (w) => w.uint32(17).fixed64(7),
      (w) => w.uint32(26).string('no'),
      (w) => w.uint32(37).fixed32(7),
      (w) => w.uint32(330).string('yes'),
    );
    expect([1, 2, 3, 4, 41].map((field) => hasField(message, field))).toEqual([true, true, true, true, true]);
    expect(hasField(message, 40)).toBe(false);
  });

  it('leaves out the fields that a reader does not want, at any depth, and nothing else', () => {
    const content = OrderContent.fromPartial({ instrument: 'infy', orderQty: '5' });
    const risk = { approved: true, referencePrice: '99.5', inputs: { LOT: '5 1', TICK: '1 1' }, process: 'risk-engine' };
    const value = { clOrdId: 'A-1', orderId: '7fabc', content, placement: { tag: 't' }, risk, currency: 'INR' };
    const event = OrderEvent.fromPartial({
      accountId: 'ACC-1',
      state: { orderId: '7fabc', content },
      event: { $case: 'orderAccepted', value },
    });
    const without = (...unwanted: object[]) => decodeWithout(OrderEvent, OrderEvent.encode(event).finish(), new Set(unwanted));
    expect(without()).toEqual(event);
    expect(without(OrderState)).toEqual({ ...event, state: undefined });
    expect(without(OrderContent, Placement, RiskDecision_InputsEntry)).toEqual(
      OrderEvent.fromPartial({
        accountId: 'ACC-1',
        state: { orderId: '7fabc' },
        event: {
          $case: 'orderAccepted',
          value: { ...value, content: undefined, placement: undefined, risk: { ...risk, inputs: {} } },
        },
      }),
    );
  });

  /** PlaceOrderRequest has texts 1 and 2 and a message 3; OrderContent an enum 2, a flag 15 and an int64 16. */
  const [accountId, clOrdId, content] = [0x0a, 0x12, 0x1a];
  const good = [accountId, 1, 65];
  it.each([
    ['a tag of 0, behind which the rest was once passed over', [...good, 0, clOrdId, 1, 66], 'number 0'],
    ['a field with the number 0', [...good, 0x02, 1, 66], 'number 0'],
    ['a tag of more than 32 bits', [...good, 0x92, 0x80, 0x80, 0x80, 0x10, 1, 66], '32 bits'],
    ['a length of 2^63', [clOrdId, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], '32 bits'],
    ['a length of 2^32', [clOrdId, 0x80, 0x80, 0x80, 0x80, 0x10], '32 bits'],
    ['a length of -1', [clOrdId, ...Array.from({ length: 9 }, () => 0xff), 1], '32 bits'],
    ['a text that ends too early', [accountId, 5, 65], 'the end|inside of a field'],
    ['a message that ends too early', [content, 3, 0x10, 1], 'inside of a number|beyond the end'],
    ['a number that ends too early', [content, 2, 0x10, 0x80], 'inside of a number'],
    ['a text that reaches into the message around it', [content, 2, 0x0a, 5, 65, 66, 67, 68, 69], 'beyond the end'],
    ['a message that reaches into what follows', [content, 2, 0x10, 0x80, 1, ...good], 'beyond the end'],
    ['a tag alone', [...good, clOrdId], 'inside of a number'],
    ['a number of more than ten bytes', [content, 12, 0x78, ...Array.from({ length: 10 }, () => 0x80), 0], '64 bits'],
    ['a number of more than 64 bits', [content, 11, 0x78, ...Array.from({ length: 9 }, () => 0xff), 2], '64 bits'],
    ['an enum of more than 32 bits, whose lower half is one', [content, 6, 0x10, 0x81, 0x80, 0x80, 0x80, 0x10], '32 bits'],
    ['an enum of 2^31', [content, 6, 0x10, 0x80, 0x80, 0x80, 0x80, 8], '32 bits'],
    ['the beginning of a group', [...good, 0x23, 0x24], 'wire type 3'],
    ['the end of a group', [...good, 0x24, clOrdId, 1, 66], 'wire type 4'],
    ['the wire type 6', [...good, 0x26, 1], 'wire type 6'],
    ['the wire type 7', [...good, 0x27, 1], 'wire type 7'],
    ['an unknown field of 8 bytes that ends too early', [...good, 0x21, 1, 2, 3], 'inside of a field'],
    ['an unknown field of 4 bytes that ends too early', [...good, 0x25, 1, 2, 3], 'inside of a field'],
    ['a text sent as a number', [0x10, 1], 'field 2 has the wire type 0'],
    ['a text with a byte that is no UTF-8', [accountId, 2, 65, 0xff], 'UTF-8'],
    ['a text with an overlong character', [accountId, 2, 0xc1, 0x81], 'UTF-8'],
    ['a text with half of a pair', [accountId, 3, 0xed, 0xa0, 0x80], 'UTF-8'],
    ['a text that ends inside of a character', [accountId, 2, 65, 0xc3], 'UTF-8'],
    ['a message given twice, of which the first was once lost', [content, 2, 0x10, 1, content, 2, 0x78, 1], 'field 3 is given twice'],
    ['an empty message given twice', [content, 0, content, 0], 'field 3 is given twice'],
  ])('refuses %s', (_what, raw, why) => {
    expect(() => PlaceOrderRequest.decode(Uint8Array.from(raw))).toThrow(new RegExp(why));
  });

  it('refuses a packed list that ends inside of a number', () => {
    expect(() => ListOrdersRequest.decode(Uint8Array.from([0x12, 2, 1, 0x80, 0x18, 1]))).toThrow('beyond the end');
  });

  it('refuses a list with the wire type of another field', () => {
    expect(() => ListOrdersRequest.decode(Uint8Array.from([0x15, 1, 2, 3, 4]))).toThrow('field 2 has the wire type 5');
  });

  it('refuses a second member of a oneof, another or the same', () => {
    const [attach, caughtUp] = [
      [0x12, 0],
      [0x22, 0],
    ] as const;
    expect(OwnerMessage.decode(Uint8Array.from(caughtUp)).message?.$case).toBe('caughtUp');
    expect(() => OwnerMessage.decode(Uint8Array.from([...attach, ...caughtUp]))).toThrow('field 4 is given twice');
    expect(() => OwnerMessage.decode(Uint8Array.from([...attach, ...attach]))).toThrow('field 2 is given twice');
  });

  it.each([
    ['a number or text given twice: the last, as protobuf has it', [...good, accountId, 1, 66], { accountId: 'B' }],
    ['a number written longer than needed', [content, 3, 0x10, 0x81, 0], { content: { side: 1 } }],
    ['a flag that is any number but 0', [content, 2, 0x78, 2], { content: { postOnly: true } }],
    ['a text with the character that stands for one that is none', [accountId, 3, 0xef, 0xbf, 0xbd], { accountId: '\ufffd' }],
    ['a text in any script', [accountId, 5, 0xc3, 0xa9, 0xe2, 0x82, 0xac], { accountId: 'é€' }],
    ['a negative enum of ten bytes', [content, 11, 0x10, ...Array.from({ length: 9 }, () => 0xff), 1], { content: { side: -1 } }],
    ['a field of a newer version', [0x22, 1, 65, ...good], { accountId: 'A' }],
  ])('reads %s', (_what, raw, message) => {
    expect(PlaceOrderRequest.decode(Uint8Array.from(raw))).toMatchObject(message);
  });
});
