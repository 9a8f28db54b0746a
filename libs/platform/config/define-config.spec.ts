import { describe, expect, it } from '@jest/globals';
import { Secret } from '@switchyard/kernel';
import {
  addresses,
  ConfigError,
  decimal,
  defineConfig,
  durationMs,
  flag,
  fraction,
  hostAndPort,
  integer,
  list,
  oneOf,
  printConfigs,
  readConfig,
  readConfigs,
  secret,
  text,
  url,
} from './index.js';

const schema = defineConfig(
  'ORDERS',
  {
    heartbeatMs: durationMs(10, 60_000).default(500).describe('How often.'),
    mode: oneOf(['slow', 'fast']).default('slow').describe('How fast.'),
    limit: decimal().default('10.5').describe('How much.'),
    share: fraction().default(0.5).describe('How much of it.'),
    on: flag().default(false).describe('Whether.'),
    brokers: list().optional().describe('Which.'),
    others: addresses().optional().describe('Where they are.'),
    address: hostAndPort().default('127.0.0.1:0').describe('Where.'),
    databaseUrl: url().optional().describe('Where it is kept.'),
    apiKey: secret().optional().describe('With what.'),
    name: text().describe('Who.'),
  },
  {
    of: ['heartbeatMs', 'share'],
    problem: ({ heartbeatMs, share }) =>
      heartbeatMs === 13 && share === 1 ? 'ORDERS_HEARTBEAT_MS is not 13 where ORDERS_SHARE is 1' : undefined,
  },
);

function problems(env: Record<string, string>): readonly string[] {
  try {
    readConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('configuration', () => {
  it('has defaults, and reads every kind of value from a text', () => {
    expect(readConfig(schema, { ORDERS_NAME: 'a' })).toMatchObject({
      heartbeatMs: 500,
      mode: 'slow',
      limit: '10.5',
      share: 0.5,
      on: false,
      brokers: undefined,
    });
    const env = {
      ORDERS_NAME: 'a',
      ORDERS_HEARTBEAT_MS: '20',
      ORDERS_MODE: 'fast',
      ORDERS_LIMIT: '7',
      ORDERS_SHARE: '1',
      ORDERS_ON: 'true',
      ORDERS_BROKERS: 'a:1, b:2',
    };
    expect(readConfig(schema, env)).toMatchObject({
      heartbeatMs: 20,
      mode: 'fast',
      limit: '7',
      share: 1,
      on: true,
      brokers: ['a:1', 'b:2'],
    });
  });

  it('takes an empty variable for an absent one', () => {
    expect(readConfig(schema, { ORDERS_NAME: 'a', ORDERS_HEARTBEAT_MS: '' }).heartbeatMs).toBe(500);
  });

  it.each([
    ['a required variable that is missing', {}, 'ORDERS_NAME is missing: Who.'],
    ['text for a number', { ORDERS_HEARTBEAT_MS: '5 s' }, 'ORDERS_HEARTBEAT_MS is not a whole number'],
    ['a number out of range', { ORDERS_HEARTBEAT_MS: '9' }, 'ORDERS_HEARTBEAT_MS must be from 10 to 60000'],
    ['an unknown word', { ORDERS_MODE: 'medium' }, 'ORDERS_MODE must be one of slow, fast'],
    ['a flag that is neither', { ORDERS_ON: 'yes' }, 'ORDERS_ON must be true or false'],
    ['an address without a port', { ORDERS_ADDRESS: 'host' }, 'ORDERS_ADDRESS is not host:port with a port from 0 to 65535'],
    ['a port that there is not', { ORDERS_ADDRESS: 'host:99999' }, 'ORDERS_ADDRESS is not host:port with a port from 0 to 65535'],
    ['one of several without a port', { ORDERS_OTHERS: 'a:1,b' }, 'ORDERS_OTHERS is not host:port,host:port with ports from 1 to 65535'],
    ['an address of another with port 0', { ORDERS_OTHERS: 'a:0' }, 'ORDERS_OTHERS is not host:port,host:port with ports from 1 to 65535'],
    ['no address at all', { ORDERS_OTHERS: ',' }, 'ORDERS_OTHERS is not host:port,host:port with ports from 1 to 65535'],
    [
      'two that do not go together',
      { ORDERS_HEARTBEAT_MS: '13', ORDERS_SHARE: '1' },
      'ORDERS_HEARTBEAT_MS is not 13 where ORDERS_SHARE is 1',
    ],
    ['no URL', { ORDERS_DATABASE_URL: 'somewhere' }, 'ORDERS_DATABASE_URL is not a URL'],
    ['a decimal with an exponent', { ORDERS_LIMIT: '1e3' }, 'ORDERS_LIMIT is not a decimal with at most 9 places'],
    [
      'a variable that nobody reads',
      { ORDERS_HEARTBEAT: '5' },
      'ORDERS_HEARTBEAT is not a variable of ours: remove it, or write it as docs/configuration.md does',
    ],
  ])('refuses %s', (_, env, problem) => {
    expect(problems(env)).toContain(problem);
  });

  it('tells all problems of all schemas at once', () => {
    const other = defineConfig('RISK', { rate: integer().describe('How many.') });
    expect(() => readConfigs([schema, other], { ORDERS_ON: 'yes', RISK_RATES: '1' })).toThrow(
      [
        'the configuration has 4 problems:',
        '  ORDERS_NAME is missing: Who.',
        '  ORDERS_ON must be true or false',
        '  RISK_RATE is missing: How many.',
        '  RISK_RATES is not',
      ].join('\n'),
    );
  });

  it('leaves variables of other prefixes alone', () => {
    expect(problems({ ORDERS_NAME: 'a', PATH: '/bin', ORDERSMITH: 'x' })).toEqual([]);
  });

  it.each([
    ['postgresql://host/db?user=me&password=hunter2', 'postgresql://host/db?user=me&password=[secret]'],
    ['postgresql://me:hun@ter2@host/db', 'postgresql://me:[secret]@host/db'],
    ['postgresql://me@host/db?sslmode=require', 'postgresql://me@host/db?sslmode=require'],
  ])('prints %s as %s', (url, shown) => {
    const printed = printConfigs(readConfigs([schema], { ORDERS_NAME: 'a', ORDERS_API_KEY: 'k', ORDERS_DATABASE_URL: url }));
    expect(printed).toContain(`ORDERS_DATABASE_URL=${shown}`);
    expect(printed).not.toMatch(/hunter2|ter2/);
  });

  it('prints what is effective, without secrets and passwords', () => {
    const values = readConfigs([schema], {
      ORDERS_NAME: 'a',
      ORDERS_API_KEY: 'hunter2',
      ORDERS_DATABASE_URL: 'postgresql://me:hunter2@host/db',
    });
    const printed = printConfigs(values);
    expect(printed).not.toContain('hunter2');
    expect(printed.split('\n')).toEqual(
      expect.arrayContaining([
        'ORDERS_API_KEY=[secret]',
        'ORDERS_DATABASE_URL=postgresql://me:[secret]@host/db',
        'ORDERS_HEARTBEAT_MS=500',
        'ORDERS_BROKERS=',
      ]),
    );
    expect([...values.values()][0]?.['apiKey']).toBeInstanceOf(Secret);
  });

  it('describes every variable: name, meaning, default, and whether it is required', () => {
    expect(schema.variables.find((variable) => variable.name === 'ORDERS_HEARTBEAT_MS')).toEqual({
      name: 'ORDERS_HEARTBEAT_MS',
      meaning: 'How often.',
      default: '500',
      required: false,
    });
    expect(schema.variables.find((variable) => variable.name === 'ORDERS_NAME')).toEqual({
      name: 'ORDERS_NAME',
      meaning: 'Who.',
      default: undefined,
      required: true,
    });
    expect(() => defineConfig('RISK', { rate: integer() })).toThrow('no description for RISK_RATE');
  });
});
