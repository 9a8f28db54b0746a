/** The load generator of the platform, in a process of its own: as thin over grpc-js as the bare pipeline's, with real requests and a real token. */
import { setTimeout as sleep } from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import { OrdStatus, Reason } from '@switchyard/contracts';
import { PlaceOrderResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { serveCommands } from '../lib/control.js';
import { closedLoop, openLoop } from '../lib/load.js';
import { orderRequest } from './book.js';

const deadlineMs = 20_000;
const retryMs = 10;
const path = '/orders.v1.OrderService/PlaceOrder';

let place: ((request: Buffer) => Promise<Buffer>) | undefined;
let instruments: readonly string[] = [];
let retries = 0;

function connect(options: { address: string; token: string; instruments: readonly string[] }): void {
  instruments = options.instruments;
  const client = new grpc.Client(options.address, grpc.credentials.createInsecure());
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Bearer ${options.token}`);
  const asIs = (bytes: Buffer): Buffer => bytes;
  place = (request) =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, asIs, asIs, request, metadata, { deadline: Date.now() + deadlineMs }, (error, reply) =>
        error !== null || reply === undefined ? reject(error ?? new Error('no reply')) : resolve(reply),
      );
    });
}

/** As the client library does: a refusal of which nothing was stored is tried again with the same clOrdId; its time counts. */
async function placeSafely(request: Buffer): Promise<Buffer> {
  if (place === undefined) throw new Error('not connected');
  for (const endMs = Date.now() + deadlineMs; ; await sleep(retryMs)) {
    try {
      return await place(request);
    } catch (error) {
      if ((error as grpc.ServiceError).code !== grpc.status.UNAVAILABLE || Date.now() > endMs) throw error;
      retries += 1;
    }
  }
}

async function call(number: number): Promise<void> {
  const { order } = PlaceOrderResponse.decode(await placeSafely(orderRequest(number, instruments)));
  if (order === undefined || order.ordStatus === OrdStatus.DENIED) throw new Error(`denied: ${Reason[order?.reason ?? 0]} ${order?.text}`);
}

serveCommands({
  connect,
  /** Refusals since the last question that were tried again. */
  retries: () => {
    const count = retries;
    retries = 0;
    return count;
  },
  open: (options: { ratePerSecond: number; seconds: number; firstNumber: number }) => openLoop(call, options),
  closed: (options: { inFlight: number; seconds: number; firstNumber: number }) => closedLoop(call, options),
});
