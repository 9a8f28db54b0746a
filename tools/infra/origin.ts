import { dockerAnswers } from './docker.js';
import { InfraError, type ServiceName, type ServiceOrigin } from './service.js';

/** The variables whose addresses win over everything that this package could start. */
export const ADDRESS_VARIABLES: Readonly<Record<ServiceName, string>> = {
  postgres: 'SWITCHYARD_POSTGRES_URL',
  kafka: 'SWITCHYARD_KAFKA_BROKERS',
  redis: 'SWITCHYARD_REDIS_URL',
};

export interface Origin {
  readonly origin: ServiceOrigin;
  /** Asked for by name: an embedded service is no substitute. */
  readonly isAskedFor: boolean;
}

/**
 * Where a service comes from (docs/adr/0022): from an address in the environment, always; from a container where SWITCHYARD_CONTAINERS is 1, or where it is
 * not set, a Docker engine answers, and the service is a shared one of tests, whose data nobody wants to keep; else it is embedded.
 */
export async function originOf(
  name: ServiceName,
  { env, shared }: { readonly env: NodeJS.ProcessEnv; readonly shared: boolean },
  answers: (env: NodeJS.ProcessEnv) => Promise<boolean> = dockerAnswers,
): Promise<Origin> {
  const asked = env['SWITCHYARD_CONTAINERS'] || 'auto';
  if ((env[ADDRESS_VARIABLES[name]] ?? '') !== '') return { origin: 'external', isAskedFor: true };
  switch (asked) {
    case '0':
      return { origin: 'embedded', isAskedFor: true };
    case '1':
      return { origin: 'container', isAskedFor: true };
    case 'auto':
      return { origin: shared && (await answers(env)) ? 'container' : 'embedded', isAskedFor: false };
    default:
      throw new InfraError(
        `SWITCHYARD_CONTAINERS is "${asked}"; it must be 0 (embedded services), 1 (Testcontainers) or unset (containers for the services of tests, where a Docker engine answers).`,
      );
  }
}
