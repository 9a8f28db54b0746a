/** Sockets to a Kafka that answers everything but who coordinates a group, as a fresh one does until its own topic of offsets is there. */
import net from 'node:net';
import { PassThrough } from 'node:stream';
import { type ISocketFactory } from 'kafkajs';

const findCoordinator = 10;
const coordinatorNotAvailable = 15;

export class WithoutCoordinator {
  /** True while nobody coordinates groups. */
  isWithout = true;
  /** Questions that were answered so. */
  refused = 0;

  /** For the client: every socket goes through a frame reader. */
  readonly socketFactory: ISocketFactory = ({ host, port, onConnect }) => {
    const socket = net.connect({ host, port }, onConnect);
    const asked = new Map<number, number>();
    const requests = frames((frame) => {
      if (frame.readInt16BE(4) === findCoordinator) asked.set(frame.readInt32BE(8), frame.readInt16BE(6));
      return frame;
    });
    const answers = frames((frame) => {
      const version = asked.get(frame.readInt32BE(4));
      if (version === undefined || !this.isWithout) return frame;
      this.refused += 1;
      // Behind the size, the correlation id and, from version 1 on, the time of throttling.
      frame.writeInt16BE(coordinatorNotAvailable, version === 0 ? 8 : 12);
      return frame;
    });
    const write = socket.write.bind(socket) as (chunk: Buffer) => boolean;
    requests.on('data', (frame: Buffer) => write(frame));
    socket.write = ((chunk: Buffer) => requests.write(chunk)) as typeof socket.write;
    const emit = socket.emit.bind(socket);
    answers.on('data', (frame: Buffer) => emit('data', frame));
    socket.emit = ((event: string, ...args: unknown[]) =>
      event === 'data' ? answers.write(args[0] as Buffer) : emit(event, ...args)) as typeof socket.emit;
    return socket;
  };
}

/** A stream that gives whole frames, each after `look` has had it. */
function frames(look: (frame: Buffer) => Buffer): PassThrough {
  let pending = Buffer.alloc(0);
  return new PassThrough({
    transform(chunk: Buffer, _encoding, done) {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const end = 4 + pending.readInt32BE(0);
        this.push(look(Buffer.from(pending.subarray(0, end))));
        pending = pending.subarray(end);
      }
      done();
    },
  });
}
