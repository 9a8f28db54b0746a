// What a person can write wrongly is refused before anything starts: every problem at once, each naming its variable and the rule.
import { describe, expect, it } from '@jest/globals';
import { ConfigError, defineConfig, durationMs } from '../config/index.js';
import { holderRule } from '../journal/index.js';
import { type Role } from './role.js';
import { readSettings } from './settings.js';

const noun = defineConfig(
  'ORDERS',
  { heartbeatMs: durationMs().default(500).describe('beat'), holderTimeoutMs: durationMs().default(3000).describe('death') },
  holderRule('ORDERS'),
);
const role: Partial<Role> = { name: 'order-gateway', config: noun, failpoints: ['orders.here'] };

function problems(env: Record<string, string>): readonly string[] {
  try {
    readSettings([role as Role], env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the settings of a process', () => {
  it.each([
    [
      { ORDERS_HEARTBEAT_MS: '5000', ORDERS_HOLDER_TIMEOUT_MS: '1000' },
      'ORDERS_HOLDER_TIMEOUT_MS must be more than 1000 above ORDERS_HEARTBEAT_MS: a holder that is late gives up before others take over',
    ],
    [
      { SWITCHYARD_FAILPOINTS: 'foo=kill' },
      'SWITCHYARD_FAILPOINTS: "foo=kill" is not a failpoint: write name=kill, stop, error or delay:<ms>, each with an optional @n',
    ],
    [{ SWITCHYARD_KAFKA_BROKERS: 'localhost' }, 'SWITCHYARD_KAFKA_BROKERS is not host:port,host:port with ports from 1 to 65535'],
    [{ SWITCHYARD_GRPC_LISTEN: '127.0.0.1:99999' }, 'SWITCHYARD_GRPC_LISTEN is not host:port with a port from 0 to 65535'],
    [{ SWITCHYARD_PEERS: 'risk-engine=host:99999' }, 'SWITCHYARD_PEERS: "risk-engine=host:99999" is not role=host:port|host:port'],
  ])('refuse %j', (env, problem) => {
    expect(problems(env)).toEqual([problem]);
  });

  it('tell the problems of the schemas and those that they have together at once', () => {
    const all = problems({
      SWITCHYARD_ENVIRONMENT: 'live',
      SWITCHYARD_PEERS: 'x',
      SWITCHYARD_HTTP_LISTEN: 'here',
      SWITCHYARD_FAILPOINTS: 'orders.here=kill@3',
      ORDERS_HEARTBEAT_MS: '2500',
    });
    expect(all.map((problem) => /[A-Z]+_[A-Z_]+/.exec(problem)?.[0])).toEqual([
      'ORDERS_HOLDER_TIMEOUT_MS',
      'SWITCHYARD_HTTP_LISTEN',
      'SWITCHYARD_PEERS',
      'SWITCHYARD_JWKS_FILE',
      'SWITCHYARD_TLS_CERTIFICATE_FILE',
      'SWITCHYARD_FAILPOINTS',
    ]);
  });

  it('take a failpoint of the role, and a pair that leaves the margin', () => {
    expect(problems({ SWITCHYARD_FAILPOINTS: 'orders.here=kill', ORDERS_HEARTBEAT_MS: '100', ORDERS_HOLDER_TIMEOUT_MS: '1101' })).toEqual(
      [],
    );
  });
});
