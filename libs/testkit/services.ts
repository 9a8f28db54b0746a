// @switchyard/testkit/services: real PostgreSQL, Kafka and Redis for specs. Apart from the index, so that unit specs don't load their clients.
export { testDatabase, type DatabaseTemplate, type TestDatabase } from './postgres.js';
export { testKafka, type TestKafka } from './kafka.js';
export { testRedis, type TestRedis } from './redis.js';
