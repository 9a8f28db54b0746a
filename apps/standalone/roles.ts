import { type RoleName } from '@switchyard/contracts';
import { type Role } from '@switchyard/platform/run-roles';

/** Every role in the order in which it is started; its code is loaded only where it runs. */
const loaders: Readonly<Record<RoleName, () => Promise<Role>>> = {
  'instrument-loader': async () => (await import('@switchyard/instruments-nest')).instrumentsRole,
  'market-data': async () => (await import('@switchyard/marketdata-nest')).marketdataRole,
  'matching-engine': async () => (await import('@switchyard/matching-nest')).matchingRole,
  'broker-connector': async () => (await import('@switchyard/brokers-nest')).brokersRole,
  'risk-engine': async () => (await import('@switchyard/risk-nest')).riskRole,
  'order-gateway': async () => (await import('@switchyard/orders-nest')).ordersRole,
  'position-tracker': async () => (await import('@switchyard/positions-nest')).positionsRole,
};

export const roleNames = Object.keys(loaders) as readonly RoleName[];

/** A role is named that does not exist. */
export class UnknownRoleError extends Error {
  override readonly name = 'UnknownRoleError';
}

/** Loads the named roles. Throws UnknownRoleError. */
export function loadRoles(names: readonly string[]): Promise<Role[]> {
  const unknown = names.filter((name) => !(name in loaders));
  if (unknown.length > 0) throw new UnknownRoleError(`"${unknown.join(', ')}" is no role: choose from ${roleNames.join(', ')}`);
  return Promise.all(roleNames.filter((name) => names.includes(name)).map((name) => loaders[name]()));
}
