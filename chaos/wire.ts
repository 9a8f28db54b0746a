// The contract as the load generator and the judge know it: read from proto/ at run time, with nothing of the platform's own code.
import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { credentials, loadPackageDefinition, Metadata, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';

/** `chaos/` or `chaos/dist/`: proto/ lies at the top of the repository. */
const root = path.resolve(import.meta.dirname, path.basename(import.meta.dirname) === 'dist' ? '../..' : '..');
const files = [
  'orders/v1/service.proto',
  'orders/v1/events.proto',
  'matching/v1/service.proto',
  'matching/v1/events.proto',
  'risk/v1/service.proto',
  'brokers/v1/service.proto',
  'brokers/v1/events.proto',
  'positions/v1/service.proto',
  'google/rpc/status.proto',
  'google/rpc/error_details.proto',
];
const definition = loadSync(files, {
  includeDirs: [path.join(root, 'proto')],
  longs: Number,
  enums: String,
  bytes: Buffer,
  defaults: true,
  oneofs: true,
});
const packages = loadPackageDefinition(definition) as unknown as Record<string, Record<string, Record<string, unknown>>>;

/** A decoded message. Fields are read by name; a missing one is undefined. */
export type Message = Readonly<Record<string, unknown>>;

/** Decodes bytes as the message of this full name, for example "orders.v1.OrderEvent". */
export function decode(fullName: string, bytes: Buffer): Message {
  const type = definition[fullName] as MessageTypeDefinition<object, object> | undefined;
  if (type === undefined) throw new Error(`proto/ has no ${fullName}`);
  return type.deserialize(bytes) as Message;
}

/** Name of a number of an enum, for example of "common.v1.OrdStatus"; a number that proto/ does not have is told as it is. */
export function enumName(fullName: string, value: number): string {
  const { type } = definition[fullName] as unknown as { type: { value: readonly { name: string; number: number }[] } };
  return type.value.find(({ number }) => number === value)?.name ?? String(value);
}

/** The fields of a message, as decoded messages have them: what proto/ gets tomorrow is among them. */
export function fieldNames(fullName: string): string[] {
  const { type } = definition[fullName] as unknown as { type: { field: readonly { name: string }[] } };
  return type.field.map(({ name }) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()));
}

/** The reason that a call was refused for, as in common.v1.Reason without prefix ("RISK_UNAVAILABLE"); empty where the error has none. */
export function reasonOf(error: unknown): string {
  const details = (error as { metadata?: Metadata }).metadata?.get('grpc-status-details-bin')[0];
  if (!Buffer.isBuffer(details)) return '';
  const { details: list } = decode('google.rpc.Status', details) as { details?: readonly { type_url: string; value: Buffer }[] };
  const info = list?.find((detail) => (detail.type_url ?? '').endsWith('ErrorInfo'));
  return info === undefined ? '' : (decode('google.rpc.ErrorInfo', info.value)['reason'] as string);
}

export type Unary = (request: Message, timeoutMs?: number) => Promise<Message>;

/** A client of a service: method name as in proto, first letter lower case. Rejects with grpc-js' ServiceError. */
export function connect(fullName: string, address: string, token: string): { readonly call: (method: string) => Unary; close(): void } {
  const [noun = '', version = '', name = ''] = fullName.split('.');
  const Service = packages[noun]?.[version]?.[name] as unknown as ServiceClientConstructor;
  const client = new Service(address, credentials.createInsecure(), {
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 500,
  });
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const methods = client as unknown as Record<
    string,
    (request: Message, metadata: Metadata, options: object, done: (error: unknown, value: Message) => void) => void
  >;
  return {
    call:
      (method) =>
      (request, timeoutMs = 5000) =>
        new Promise((resolve, reject) => {
          const invoke = methods[method];
          if (invoke === undefined) throw new Error(`${fullName} has no ${method}`);
          invoke.call(client, request, metadata, { deadline: Date.now() + timeoutMs }, (error, value) =>
            error ? reject(error as Error) : resolve(value),
          );
        }),
    close: () => client.close(),
  };
}

/** Signs a token with the development key of a simulation. */
export function signToken(keyFile: string, subject: string, roles: readonly string[]): string {
  const key = JSON.parse(readFileSync(keyFile, 'utf8')) as { kid: string };
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const seconds = Math.floor(Date.now() / 1000);
  const body = `${encode({ alg: 'EdDSA', typ: 'JWT', kid: key.kid })}.${encode({ sub: subject, aud: 'switchyard-sim', roles, accounts: { '*': ['trader'] }, iat: seconds, exp: seconds + 24 * 3600 })}`;
  return `${body}.${sign(null, Buffer.from(body), createPrivateKey({ key, format: 'jwk' } as Parameters<typeof createPrivateKey>[0])).toString('base64url')}`;
}
