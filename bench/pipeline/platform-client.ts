/** The load generator of the platform, in a process of its own: as thin over grpc-js as the bare pipeline's, with real requests and a real token. */
import grpc from '@grpc/grpc-js';
import { OrdStatus, Reason } from '@switchyard/contracts';
import { PlaceOrderResponse } from '@switchyard/contracts/gen/orders/v1/service';
import { serveCommands } from '../lib/control.js';
import { closedLoop, openLoop } from '../lib/load.js';
import { orderRequest } from './book.js';

const deadlineMs = 20_000;
const path = '/orders.v1.OrderService/PlaceOrder';

let place: ((request: Buffer) => Promise<Buffer>) | undefined;
let instruments: readonly string[] = [];

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

async function call(number: number): Promise<void> {
  if (place === undefined) throw new Error('not connected');
  const { order } = PlaceOrderResponse.decode(await place(orderRequest(number, instruments)));
  if (order === undefined || order.ordStatus === OrdStatus.DENIED) throw new Error(`denied: ${Reason[order?.reason ?? 0]} ${order?.text}`);
}

serveCommands({
  connect,
  open: (options: { ratePerSecond: number; seconds: number; firstNumber: number }) => openLoop(call, options),
  closed: (options: { inFlight: number; seconds: number; firstNumber: number }) => closedLoop(call, options),
});
