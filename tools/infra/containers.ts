import { InfraError, type RunningService, type ServiceName } from './service.js';

/** The images, of the versions that the embedded services have. */
const IMAGES: Readonly<Record<ServiceName, string>> = { postgres: 'postgres:18.4', kafka: 'apache/kafka:4.1.1', redis: 'redis:7.4' };

/** What this package uses of a started Testcontainers container. */
interface Container {
  stop(options?: { timeout?: number }): Promise<unknown>;
  restart(options?: { timeout?: number }): Promise<void>;
}

/** Starts `name` with Testcontainers. The data goes with the container. Throws `InfraError` where no Docker engine answers. */
export async function startContainer(name: ServiceName, database: string): Promise<RunningService> {
  try {
    return await launch(name, database);
  } catch (error) {
    throw new InfraError(
      `${name} could not be started in a container: ${error instanceof Error ? error.message : String(error)}. Start a Docker engine, or unset SWITCHYARD_CONTAINERS to use the embedded ${name}.`,
      { cause: error },
    );
  }
}

async function launch(name: ServiceName, database: string): Promise<RunningService> {
  switch (name) {
    case 'postgres': {
      const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
      const container = await new PostgreSqlContainer(IMAGES.postgres).withDatabase(database).start();
      return containerService(name, container, () => container.getConnectionUri());
    }
    case 'kafka': {
      const { KafkaContainer } = await import('@testcontainers/kafka');
      const container = await new KafkaContainer(IMAGES.kafka).withKraft().start();
      return containerService(name, container, () => `${container.getHost()}:${container.getMappedPort(9093)}`);
    }
    case 'redis': {
      const { GenericContainer } = await import('testcontainers');
      const container = await new GenericContainer(IMAGES.redis).withExposedPorts(6379).start();
      return containerService(name, container, () => `redis://${container.getHost()}:${container.getMappedPort(6379)}`);
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
