export { startPostgres, removePostgres, type PostgresOptions } from './postgres.js';
export { startKafka, type KafkaOptions } from './kafka.js';
export { startRedis, type RedisOptions } from './redis.js';
export { startInfra, startService, stopService, type Infra, type InfraOptions } from './infra.js';
export { ADDRESS_VARIABLES } from './origin.js';
export { InfraError, type RunningService, type ServiceName, type ServiceOrigin, type StartOptions } from './service.js';
export { becomesTrue, commandLine, endProcess, freePort, isAlive, logTail } from './processes.js';
export { guardKafkajsTimers } from './kafkajs-timers.js';
export { leaseService, releaseServices, sharedServicesDir, testRunPid, type LeaseOptions } from './shared-services.js';
