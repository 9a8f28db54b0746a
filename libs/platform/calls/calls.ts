/** How a process reaches services: its own directly, others over gRPC. */
import { type Calls, type RoleName, type ServiceCalls, type ServiceContract, type ServiceDefinition } from '@switchyard/contracts';
import { isHostAndPort } from '../config/index.js';
import { localCalls, type LocalCallsOptions } from './local-calls.js';

/** Addresses of other processes by role, as SWITCHYARD_PEERS names them. */
export type Peers = ReadonlyMap<RoleName, readonly string[]>;

export interface CallsOptions extends LocalCallsOptions {
  /** Contracts that this process serves. */
  readonly serves: readonly ServiceContract[];
  readonly peers: Peers;
  /** Under which others reach this process; read when a call is made, since a free port is known only then. */
  ownAddress(): string;
  readonly remote: { calls(contract: ServiceContract, addresses: readonly string[]): Record<string, unknown> };
}

export function createCalls(options: CallsOptions): Calls {
  const served = new Set(options.serves);
  // Built once per contract and address: the methods are looked up on every call of the order path.
  const local = new Map<ServiceContract, unknown>();
  const remote = new Map<ServiceContract, Map<string, unknown>>();

  function localOf(contract: ServiceContract): unknown {
    let calls = local.get(contract);
    if (calls === undefined) local.set(contract, (calls = localCalls(contract, options)));
    return calls;
  }

  function remoteOf(contract: ServiceContract, addresses: readonly string[]): unknown {
    let byAddress = remote.get(contract);
    if (byAddress === undefined) remote.set(contract, (byAddress = new Map()));
    const key = addresses.join('|');
    let calls = byAddress.get(key);
    if (calls === undefined) byAddress.set(key, (calls = options.remote.calls(contract, addresses)));
    return calls;
  }

  return {
    any<D extends ServiceDefinition>(contract: ServiceContract<D>) {
      return (served.has(contract) ? localOf(contract) : remoteOf(contract, options.peers.get(contract.role) ?? [])) as ServiceCalls<D>;
    },
    at<D extends ServiceDefinition>(contract: ServiceContract<D>, address: string) {
      return (
        served.has(contract) && address === options.ownAddress() ? localOf(contract) : remoteOf(contract, [address])
      ) as ServiceCalls<D>;
    },
    addressesOf(contract) {
      const own = served.has(contract) ? [options.ownAddress()] : [];
      return [...new Set([...own, ...(options.peers.get(contract.role) ?? [])])];
    },
  };
}

/** Reads `order-gateway=host:port|host:port;risk-engine=host:port`. Throws with a sentence that names the wrong part. */
export function parsePeers(text: string, roles: readonly string[]): Peers {
  const peers = new Map<RoleName, readonly string[]>();
  for (const part of text.split(';').filter((item) => item !== '')) {
    const [role = '', addresses = ''] = part.split('=');
    if (!roles.includes(role)) throw new Error(`"${role}" is not a role that serves: ${roles.join(', ')}`);
    const list = addresses.split('|').filter((address) => address !== '');
    const wrong = list.find((address) => !isHostAndPort(address, 1));
    if (list.length === 0 || wrong !== undefined) throw new Error(`"${part}" is not role=host:port|host:port`);
    peers.set(role as RoleName, list);
  }
  return peers;
}
