/** gRPC as a program of somebody else speaks it: plain grpc-js, with nothing of the client that we ship. */
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { type ServiceContract, StatusCode } from '@switchyard/contracts';
import { BadRequest, ErrorInfo } from '@switchyard/contracts/gen/google/rpc/error_details';
import { Status } from '@switchyard/contracts/gen/google/rpc/status';

/** An answer, or what the status of the call said. */
export type RawAnswer =
  | { readonly bytes: Buffer }
  | {
      readonly code: string;
      readonly reason: string;
      readonly sentence: string;
      readonly violations: readonly { field: string; description: string; reason: string }[];
    };

export interface RawOptions {
  readonly token?: string;
  readonly deadlineMs?: number;
}

const asIs = (bytes: Buffer): Buffer => bytes;

export class RawGrpc {
  readonly #client: Client;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
  }

  close(): void {
    this.#client.close();
  }

  /** @param method as the proto names it: "PlaceOrder". */
  unary(contract: ServiceContract, method: string, bytes: Uint8Array, { token, deadlineMs }: RawOptions): Promise<RawAnswer> {
    const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        `/${contract.definition.fullName}/${method}`,
        asIs,
        asIs,
        Buffer.from(bytes),
        metadataOf(token),
        options,
        (error, answer) => {
          resolve(error === null ? { bytes: answer ?? Buffer.alloc(0) } : refusalOf(error));
        },
      );
    });
  }

  /** Gives every message to `onMessage` until the returned function is called. `onEnd` tells that the server or the connection ended it. */
  stream(
    contract: ServiceContract,
    method: string,
    bytes: Uint8Array,
    token: string,
    onMessage: (bytes: Buffer) => void,
    onEnd: (why: string) => void,
  ): () => void {
    const stream = this.#client.makeServerStreamRequest(
      `/${contract.definition.fullName}/${method}`,
      asIs,
      asIs,
      Buffer.from(bytes),
      metadataOf(token),
    );
    let isCancelled = false;
    stream.on('data', onMessage);
    stream.on('error', (error: ServiceError) => {
      if (!isCancelled) onEnd(error.message);
    });
    stream.on('end', () => onEnd('the server ended it'));
    return () => {
      isCancelled = true;
      stream.cancel();
    };
  }
}

function metadataOf(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

function refusalOf(error: ServiceError): RawAnswer {
  const code = StatusCode[error.code] ?? String(error.code);
  const details = error.metadata.get('grpc-status-details-bin')[0];
  if (!Buffer.isBuffer(details)) return { code, reason: '', sentence: error.details, violations: [] };
  const status = Status.decode(details);
  const detail = (name: string) => status.details.find(({ typeUrl }) => typeUrl === `type.googleapis.com/google.rpc.${name}`)?.value;
  const [info, bad] = [detail('ErrorInfo'), detail('BadRequest')];
  return {
    code,
    reason: info === undefined ? '' : ErrorInfo.decode(info).reason,
    sentence: status.message,
    violations:
      bad === undefined
        ? []
        : BadRequest.decode(bad).fieldViolations.map(({ field, description, reason }) => ({ field, description, reason })),
  };
}
