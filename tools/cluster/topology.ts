/** Which processes a cluster has, and what each is told of the others. */
import { type RoleName } from '@switchyard/contracts';

/** A process that a cluster runs. */
export interface ProcessSpec {
  /** Unique in the cluster, and the same after a restart. */
  readonly name: string;
  /** One role runs its own program, several run as a hybrid. */
  readonly roles: readonly RoleName[];
  /** Variables of this process; they win over everything else. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Changes what a process is told of a role's addresses: to put a proxy in between. Called at each start of the process. */
export type Reroute = (process: string, role: RoleName, addresses: readonly string[]) => readonly string[];

/** Each role apart, two order-gateways. Also the order in which they are started. */
export const defaultProcesses: readonly ProcessSpec[] = [
  { name: 'instrument-loader', roles: ['instrument-loader'] },
  { name: 'market-data', roles: ['market-data'] },
  { name: 'matching-engine', roles: ['matching-engine'] },
  { name: 'broker-connector', roles: ['broker-connector'] },
  { name: 'risk-engine', roles: ['risk-engine'] },
  { name: 'position-tracker', roles: ['position-tracker'] },
  { name: 'order-gateway-0', roles: ['order-gateway'] },
  { name: 'order-gateway-1', roles: ['order-gateway'] },
];

/** In this order work ends: who takes orders first, who they depend on last. */
const stopOrder: readonly RoleName[] = [
  'order-gateway',
  'position-tracker',
  'risk-engine',
  'broker-connector',
  'matching-engine',
  'market-data',
  'instrument-loader',
];

/** The processes in the order in which they are stopped. */
export function inStopOrder<P extends { readonly roles: readonly RoleName[] }>(processes: readonly P[]): P[] {
  const rank = ({ roles }: P) => Math.min(...roles.map((role) => stopOrder.indexOf(role)));
  return [...processes].sort((a, b) => rank(a) - rank(b));
}

/** SWITCHYARD_PEERS of a process: `order-gateway=host:port|host:port;risk-engine=host:port`. */
export function peersOf(
  process: string,
  all: readonly { readonly roles: readonly RoleName[]; readonly address: string }[],
  reroute: Reroute,
): string {
  const roles = [...new Set(all.flatMap((one) => one.roles))];
  return roles
    .map((role) => {
      const addresses = all.filter((one) => one.roles.includes(role)).map(({ address }) => address);
      return `${role}=${reroute(process, role, addresses).join('|')}`;
    })
    .join(';');
}
