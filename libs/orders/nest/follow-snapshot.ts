// Follows a stream that gives a snapshot and then changes, for as long as the process lives. What is known stays known while the stream is down.
import { type MessageStream } from '@switchyard/contracts';
import { type Logger } from 'pino';

const retryMs = 200;

export interface Following {
  /** The snapshot was had at least once. */
  readonly complete: boolean;
  stop(): void;
}

export interface FollowOptions<Message> {
  /** For log lines: "instruments". */
  readonly what: string;
  readonly log: Logger;
  open(): MessageStream<Message, never>;
  /** Takes a message. @returns true when the snapshot ends with it or has ended before. */
  take(message: Message): boolean;
}

export function followSnapshot<Message>(options: FollowOptions<Message>): Following {
  const following = { complete: false, stop };
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let stream: MessageStream<Message, never> | undefined;

  function connect(): void {
    if (stopped) return;
    const opened = options.open();
    stream = opened;
    opened.onMessage((message) => {
      if (options.take(message)) following.complete = true;
    });
    opened.onEnd(() => opened.end());
    opened.onClose((error) => {
      if (stopped) return;
      options.log.info({ err: error, what: options.what }, 'a stream ended; what is known stays, and it is opened again');
      timer = setTimeout(connect, retryMs);
    });
  }

  function stop(): void {
    stopped = true;
    clearTimeout(timer);
    stream?.cancel();
  }

  connect();
  return following;
}
