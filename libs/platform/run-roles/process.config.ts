import {
  addresses,
  type ConfigOf,
  defineConfig,
  durationMs,
  flag,
  fraction,
  hostAndPort,
  integer,
  oneOf,
  text,
  secretUrl,
  url,
} from '../config/index.js';

/** Variables that every process has. */
export const processConfig = defineConfig('SWITCHYARD', {
  environment: oneOf(['sim', 'live']).default('sim').describe('Simulation or live: they share no database, topic, token or key.'),
  processName: text()
    .optional()
    .describe(
      'Name of the process, unique in the deployment and the same after a restart. Default: the role, or "standalone" for several.',
    ),
  postgresUrl: secretUrl().optional().describe('The database. Needed by every role that keeps something.'),
  postgresConnections: integer(1, 50).default(4).describe('Connections of the pool that each noun has.'),
  kafkaBrokers: addresses()
    .optional()
    .describe('host:port,host:port of Kafka. Without it readers are fed inside this process, which must then run all producers.'),
  kafkaSessionTimeoutMs: durationMs(6_000, 300_000)
    .default(10_000)
    .describe('Kafka gives the partitions of a reader that died to another after this; until then nobody reads them.'),
  redisUrl: secretUrl().optional().describe('Redis for the ticks of scheduled work. Without it this process ticks by timers.'),
  grpcListen: hostAndPort().default('127.0.0.1:7400').describe('Where the gRPC server listens; port 0 for any free one.'),
  httpListen: hostAndPort().default('127.0.0.1:7401').describe('Where REST, /healthz, /readyz and /metrics are; port 0 for any free one.'),
  advertisedAddress: hostAndPort()
    .optional()
    .describe('host:port under which other processes reach the gRPC server. Default: where it listens.'),
  peers: text().optional().describe('Other processes: role=host:port|host:port;another-role=host:port'),
  jwksFile: text().optional().describe('Key set that verifies tokens, a file.'),
  jwksUrl: url().optional().describe('Key set that verifies tokens, a URL.'),
  serviceKeyFile: text().optional().describe('Private JWK (Ed25519) with which the process signs its own tokens.'),
  keysFolder: text().default('.switchyard/keys').describe('Where the development key is made when no key set is named. Simulation only.'),
  tlsCertificateFile: text().optional().describe('Certificate of the process for mTLS between processes (PEM). Compulsory in live.'),
  tlsKeyFile: text().optional().describe('Private key of the certificate (PEM).'),
  tlsAuthorityFile: text().optional().describe('Authority that must have signed the certificate of the other side (PEM).'),
  otlpUrl: url().optional().describe('Collector to which spans are sent (OTLP over gRPC).'),
  traceFile: text().optional().describe('File to which spans are appended, one JSON object a line.'),
  traceSampledFraction: fraction()
    .default(1)
    .describe('Part of the traces beginning in this process that is recorded, if there is a collector or file.'),
  logLevel: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info').describe('Least level that is logged.'),
  logFormat: oneOf(['auto', 'json', 'pretty']).default('auto').describe('JSON lines, or readable lines; auto: readable on a terminal.'),
  grpcReflection: flag().default(true).describe('Serve gRPC reflection, so that grpcurl and the like can list the API. Never in live.'),
  freezeMessages: oneOf(['top', 'deep'])
    .default('top')
    .describe('How deep messages inside the process are frozen; deep finds who changes one, and costs time.'),
  failpoints: text().optional().describe('Failpoints for crash tests: name=kill@3;name2=delay:50. Simulation only.'),
  failpointLog: text().optional().describe('File to which hits of failpoints are appended.'),
  shutdownMs: durationMs(1_000, 600_000).default(9_500).describe('The process exits with an error if its shutdown takes longer.'),
});

export type ProcessConfig = ConfigOf<typeof processConfig>;
