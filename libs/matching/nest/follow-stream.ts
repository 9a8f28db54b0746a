import { type MessageStream } from '@switchyard/contracts';
import { type Logger } from 'pino';

const retryMs = 200;

/** Follows a server's stream until stopped; opens it again when it ends. What is known stays known meanwhile. */
export function followStream<Message>(
  what: string,
  log: Logger,
  open: () => MessageStream<Message, never>,
  take: (message: Message) => void,
): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let stream: MessageStream<Message, never> | undefined;
  let isStopped = false;
  const connect = (): void => {
    const opened = open();
    stream = opened;
    opened.onMessage((message) => {
      if (!isStopped) take(message);
    });
    opened.onEnd(() => opened.end());
    opened.onClose((error) => {
      if (isStopped) return;
      log.info({ err: error }, `the stream of ${what} ended; it is opened again`);
      timer = setTimeout(connect, retryMs);
    });
  };
  connect();
  return {
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
      stream?.cancel();
    },
  };
}
