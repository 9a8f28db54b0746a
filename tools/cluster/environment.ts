import { type Infra } from '@switchyard/infra';
import { type DevKeys } from '@switchyard/platform/auth';
import { type ProcessSpec } from './topology.js';

/** Variables of the starter itself, and those that each process gets its own value of. */
const notHandedOn = [
  'NODE_OPTIONS',
  'ROLES',
  'SWITCHYARD_ADDRESS',
  'SWITCHYARD_ADVERTISED_ADDRESS',
  'SWITCHYARD_CONTAINERS',
  'SWITCHYARD_DATA_FOLDER',
  'SWITCHYARD_GRPC_LISTEN',
  'SWITCHYARD_HTTP_LISTEN',
  'SWITCHYARD_KAFKA_BROKERS',
  'SWITCHYARD_POSTGRES_URL',
  'SWITCHYARD_REDIS_URL',
  'SWITCHYARD_ROLES',
  'SWITCHYARD_TEST_RUN_PID',
  'SWITCHYARD_TOKEN',
];

/** What can't be found at the paper venue is never late: a shorter quarantine than a real broker's shows an order's end sooner. */
const forPeople = { SWITCHYARD_LOG_LEVEL: 'info', SWITCHYARD_LOG_FORMAT: 'pretty', BROKERS_QUARANTINE_MS: '5000' };

/** What `npm run cluster` gives to all processes; who exported another value gets that one, also of the paper venue's folder. */
export function interactiveEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const exported = [...Object.keys(forPeople), 'MATCHING_FOLDER'].flatMap((name) => (env[name] ? [[name, env[name]]] : []));
  return { ...forPeople, ...Object.fromEntries(exported) };
}

interface Place extends ProcessSpec {
  readonly address: string;
  readonly httpAddress: string;
}

/** The environment of a process: ours, the cluster's addresses, what all processes get, and what this one gets; later ones win. */
export function programEnvironment(
  place: Place,
  shared: { infra: Infra; keys: DevKeys; venueFolder: string; peers: string; common: Readonly<Record<string, string>> },
): NodeJS.ProcessEnv {
  const { infra, keys, venueFolder, peers, common } = shared;
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !notHandedOn.includes(name)));
  return {
    ...inherited,
    SWITCHYARD_PROCESS_NAME: place.name,
    SWITCHYARD_GRPC_LISTEN: place.address,
    SWITCHYARD_HTTP_LISTEN: place.httpAddress,
    SWITCHYARD_POSTGRES_URL: infra.postgres?.address,
    SWITCHYARD_KAFKA_BROKERS: infra.kafka?.address,
    SWITCHYARD_REDIS_URL: infra.redis?.address,
    SWITCHYARD_PEERS: peers,
    SWITCHYARD_JWKS_FILE: keys.jwksFile,
    SWITCHYARD_SERVICE_KEY_FILE: keys.keyFile,
    // All processes that may run the venue have the one folder: only one at a time holds it.
    ...(place.roles.includes('matching-engine') && { MATCHING_FOLDER: venueFolder }),
    ...(place.roles.length > 1 && { SWITCHYARD_ROLES: place.roles.join(',') }),
    ...common,
    ...place.env,
  };
}
