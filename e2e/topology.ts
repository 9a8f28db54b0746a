/** The three modes of the suite as lists of processes. */
import { type RoleName } from '@switchyard/contracts';
import { type ProcessPlan } from './running-process.js';

const alone: readonly RoleName[] = [
  'instrument-loader',
  'market-data',
  'matching-engine',
  'risk-engine',
  'broker-connector',
  'position-tracker',
];

/** Each role apart, and two order-gateways. */
export const clusterProcesses: readonly ProcessPlan[] = [
  ...alone.map((role) => ({ name: role, roles: [role] })),
  { name: 'order-gateway-0', roles: ['order-gateway'] },
  { name: 'order-gateway-1', roles: ['order-gateway'] },
];

/** Two processes that both run order-gateway and broker-connector; one of them runs all the rest too. */
export const hybridProcesses: readonly ProcessPlan[] = [
  { name: 'left', roles: [...alone, 'order-gateway'] },
  { name: 'right', roles: ['order-gateway', 'broker-connector'] },
];
