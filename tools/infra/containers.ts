import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { InfraError, type RunningService, type ServiceName } from './service.js';

/** The images, of the versions that the embedded services have. */
const IMAGES: Readonly<Record<ServiceName, string>> = { postgres: 'postgres:18.4', kafka: 'apache/kafka:4.1.1', redis: 'redis:7.4' };

/** What this package uses of a started Testcontainers container. */
interface Container {
  getId(): string;
  stop(options?: { timeout?: number }): Promise<unknown>;
  restart(options?: { timeout?: number }): Promise<void>;
}

/** Where the id of a shared container is written, for who ends it. */
const idFile = (name: ServiceName, dir: string): string => path.join(dir, `${name}.container`);

/**
 * Starts `name` with Testcontainers. The data goes with the container. Throws `InfraError` where no Docker engine answers.
 * @param sharedDir of services that several processes share: who comes next finds the same container, until `stopSharedContainer` ends it.
 */
export async function startContainer(name: ServiceName, database: string, sharedDir?: string): Promise<RunningService> {
  try {
    const { container, service } = await launch(name, database, sharedDir !== undefined);
    if (sharedDir !== undefined) writeFileSync(idFile(name, sharedDir), container.getId());
    return service;
  } catch (error) {
    throw new InfraError(
      `${name} could not be started in a container: ${error instanceof Error ? error.message : String(error)}. Start a Docker engine, or unset SWITCHYARD_CONTAINERS to use the embedded ${name}.`,
      { cause: error },
    );
  }
}

/** Ends the container that processes shared, if there is one. */
export async function stopSharedContainer(name: ServiceName, dir: string): Promise<void> {
  const file = idFile(name, dir);
  if (!existsSync(file)) return;
  const { getContainerRuntimeClient } = await import('testcontainers');
  const { container: containers } = await getContainerRuntimeClient();
  const container = containers.getById(readFileSync(file, 'utf8'));
  // One that is gone already is what is wanted.
  await containers.stop(container).catch(() => undefined);
  await containers.remove(container, { removeVolumes: true }).catch(() => undefined);
  rmSync(file, { force: true });
}

interface Launched {
  readonly container: Container;
  readonly service: RunningService;
}

async function launch(name: ServiceName, database: string, shared: boolean): Promise<Launched> {
  switch (name) {
    case 'postgres': {
      const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
      const described = new PostgreSqlContainer(IMAGES.postgres).withDatabase(database);
      const container = await (shared ? described.withReuse() : described).start();
      return { container, service: containerService(name, container, () => container.getConnectionUri()) };
    }
    case 'kafka': {
      const { KafkaContainer } = await import('@testcontainers/kafka');
      const described = new KafkaContainer(IMAGES.kafka).withKraft();
      const container = await (shared ? described.withReuse() : described).start();
      return { container, service: containerService(name, container, () => `${container.getHost()}:${container.getMappedPort(9093)}`) };
    }
    case 'redis': {
      const { GenericContainer } = await import('testcontainers');
      const described = new GenericContainer(IMAGES.redis).withExposedPorts(6379);
      const container = await (shared ? described.withReuse() : described).start();
      return {
        container,
        service: containerService(name, container, () => `redis://${container.getHost()}:${container.getMappedPort(6379)}`),
      };
    }
  }
}

function containerService(name: ServiceName, container: Container, address: () => string): RunningService {
  const refuse = (): never => {
    throw new InfraError(`A ${name} in a container can't be killed or paused from here; unset SWITCHYARD_CONTAINERS for crash tests.`);
  };
  return {
    name,
    origin: 'container',
    get address() {
      return address();
    },
    pid: undefined,
    adopted: false,
    logFile: undefined,
    stop: async () => void (await container.stop()),
    restart: () => container.restart(),
    kill: async () => refuse(),
    pause: refuse,
    resume: refuse,
  };
}
