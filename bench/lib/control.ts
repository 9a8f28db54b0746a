/** Commands between the bench and the processes that it starts, over Node's channel. */
import { fork, type ChildProcess } from 'node:child_process';

interface Command {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

export type CommandHandlers = Readonly<Record<string, (argument: never) => unknown>>;

/** In the started process: answers commands until the channel closes, which ends the process. */
export function serveCommands(handlers: CommandHandlers): void {
  process.on('message', (command: Command) => {
    const handler = handlers[command.name] as ((argument: unknown) => unknown) | undefined;
    const run = async (): Promise<Answer> => {
      if (handler === undefined) throw new Error(`there is no command ${command.name}`);
      return { id: command.id, result: await handler(command.argument) };
    };
    void run()
      .catch((error: unknown): Answer => ({
        id: command.id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }))
      .then((answer) => process.send?.(answer));
  });
  process.on('disconnect', () => process.exit(0));
}

/** A process that the bench started, and that answers its commands. */
export class Commanded {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #next = 1;
  #ended: string | undefined;

  constructor(name: string, file: string, options: { args?: readonly string[]; execArgv?: readonly string[] } = {}) {
    this.name = name;
    this.#child = fork(file, options.args ?? [], {
      execArgv: [...(options.execArgv ?? [])],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.error === undefined) waiting?.resolve(answer.result);
      else waiting?.reject(new Error(`${name}: ${answer.error}`));
    });
    this.#child.on('exit', (code, signal) => {
      this.#ended = `${name} has ended (${signal ?? code})`;
      for (const { reject } of this.#waiting.values()) reject(new Error(this.#ended));
      this.#waiting.clear();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  command<Result>(name: string, argument?: unknown): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(new Error(this.#ended));
      const id = this.#next++;
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#child.send({ id, name, argument } satisfies Command);
    });
  }

  /** Closes the channel, at which the process ends; kills it if it does not within two seconds. */
  async stop(): Promise<void> {
    if (this.#ended !== undefined) return;
    const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 2_000);
    await ended;
    clearTimeout(timer);
  }
}
