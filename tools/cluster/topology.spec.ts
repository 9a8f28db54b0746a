import { describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { defaultProcesses, inStopOrder, peersOf } from './topology.js';

const processes = [
  { name: 'a', roles: ['order-gateway', 'broker-connector'] as const, address: '127.0.0.1:1' },
  { name: 'b', roles: ['order-gateway'] as const, address: '127.0.0.1:2' },
  { name: 'c', roles: ['risk-engine'] as const, address: '127.0.0.1:3' },
];

describe('the processes of a cluster', () => {
  it('run every role that has a program', () => {
    const apps = readdirSync(path.resolve(import.meta.dirname, '../../apps')).filter((name) => name !== 'cli' && name !== 'standalone');
    expect([...new Set(defaultProcesses.flatMap(({ roles }) => roles))].sort()).toEqual(apps.sort());
  });

  it('are two order-gateways and one of everything else', () => {
    expect(defaultProcesses.filter(({ roles }) => roles.includes('order-gateway'))).toHaveLength(2);
    expect(new Set(defaultProcesses.map(({ name }) => name)).size).toBe(defaultProcesses.length);
  });

  it('are told every address of every role, their own too', () => {
    expect(peersOf('a', processes, (_process, _role, addresses) => addresses)).toBe(
      'order-gateway=127.0.0.1:1|127.0.0.1:2;broker-connector=127.0.0.1:1;risk-engine=127.0.0.1:3',
    );
  });

  it('are told the address of a proxy where there is one', () => {
    const peers = peersOf('a', processes, (process, role, addresses) =>
      process === 'a' && role === 'risk-engine' ? ['127.0.0.1:9'] : addresses,
    );
    expect(peers).toContain('risk-engine=127.0.0.1:9');
  });

  it('end in order: who takes orders first, who they depend on last', () => {
    expect(inStopOrder(defaultProcesses).map(({ name }) => name)).toEqual([
      'order-gateway-0',
      'order-gateway-1',
      'position-tracker',
      'risk-engine',
      'broker-connector',
      'matching-engine',
      'market-data',
      'instrument-loader',
    ]);
  });
});
