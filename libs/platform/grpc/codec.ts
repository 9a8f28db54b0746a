import { type BinaryReader, type MethodDefinition } from '@switchyard/contracts';

interface MessageCodec {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array | BinaryReader): unknown;
}

/** A generated message type, whose concrete type the contract's types take care of. */
export function codecOf(type: MethodDefinition['requestType']): MessageCodec {
  return type as MessageCodec;
}

/** grpc-js gets and gives bytes: messages are encoded when they are sent and not when their turn comes, so that nobody sees what the sender changes later. */
export const asIs = (bytes: Buffer): Buffer => bytes;

/** The bytes of a message. */
export function encode(type: MethodDefinition['requestType'], message: unknown): Buffer {
  const bytes = codecOf(type).encode(message).finish();
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
