import { connect } from 'node:net';

/**
 * Sends one request to 127.0.0.1 and reads until `parse` makes something of what has come, within two seconds. Asking by hand
 * keeps the clients of Kafka and Redis, with their retries and timers, out of the processes that only start a service.
 */
export async function ask<T>(port: number, request: Buffer, parse: (answer: Buffer) => T | undefined): Promise<T> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.setTimeout(2_000, () => socket.destroy(new Error('no answer within 2 s')));
  try {
    socket.write(request);
    let answer = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      answer = Buffer.concat([answer, chunk]);
      const parsed = parse(answer);
      if (parsed !== undefined) return parsed;
    }
    throw new Error(`127.0.0.1:${port} closed the connection without an answer`);
  } finally {
    socket.destroy();
  }
}
