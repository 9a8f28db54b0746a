/** How a service came to be: started by us as a child, in a container, or given by an address in the environment. */
export type ServiceOrigin = 'embedded' | 'container' | 'external';

/** The services that this package can start. */
export type ServiceName = 'postgres' | 'kafka' | 'redis';

/** A service that answers at `address`; it was proven ready by a real request before this object existed. */
export interface RunningService {
  readonly name: ServiceName;
  readonly origin: ServiceOrigin;
  /** `postgres://…` with database, user and password; `host:port` for Kafka (a comma list if external); `redis://…`. */
  readonly address: string;
  /** The process that serves, or undefined where it is not ours (external, container). */
  readonly pid: number | undefined;
  /** True if a process that an earlier run left behind was taken over instead of starting one. */
  readonly adopted: boolean;
  /** The file that has what the service prints, or undefined where it is not ours. */
  readonly logFile: string | undefined;
  /** Orderly end. Idempotent. Does nothing to an external service. */
  stop(): Promise<void>;
  /** Starts it again on the same address and data, after an orderly end if it still runs. Throws `InfraError` if it is not ours. */
  restart(): Promise<void>;
  /** SIGKILL, as in a crash; `restart()` brings it back. Throws `InfraError` if it is not ours. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. Kafka and Redis only. */
  pause(): void;
  /** Ends `pause()`. */
  resume(): void;
}

/** An operating error of this package: the sentence says what failed and what to do. */
export class InfraError extends Error {
  override readonly name = 'InfraError';
}

/** What all three `start…` functions take. */
export interface StartOptions {
  /** Where data, logs and the state file live. Kept by `stop()`; a later start finds its data there. */
  readonly dataDir: string;
  /** A port on 127.0.0.1; a free one by default. */
  readonly port?: number;
  /** Adopt a process that another live process of ours still uses (tests share services); otherwise that is an error. */
  readonly shared?: boolean;
  /** Called with a short sentence when something slow begins (download, first initialisation). */
  readonly onProgress?: (line: string) => void;
}

/** A service at an address that the environment gave: nothing to start, nothing to stop. */
export function externalService(name: ServiceName, address: string, variable: string): RunningService {
  const refuse = (what: string): never => {
    throw new InfraError(`${name} was given by ${variable}, so it can't be ${what} from here. Unset ${variable} to use an embedded one.`);
  };
  return {
    name,
    origin: 'external',
    address,
    pid: undefined,
    adopted: false,
    logFile: undefined,
    stop: () => Promise.resolve(),
    restart: async () => refuse('restarted'),
    kill: async () => refuse('killed'),
    pause: () => refuse('paused'),
    resume: () => refuse('resumed'),
  };
}
