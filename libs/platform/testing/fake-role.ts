import { type ServiceContract } from '@switchyard/contracts';
import { type Role } from '../run-roles/index.js';

export interface FakeService {
  readonly contract: ServiceContract;
  /** Its methods, as many as the spec needs. */
  readonly handlers: object;
}

/** A role that serves contracts with what a spec gives, and nothing else; it has the name of the first one's role. @param calls what it asks of others. */
export function fakeRole(first: FakeService, others: readonly FakeService[] = [], calls: readonly ServiceContract[] = []): Role {
  class FakeModule {}
  const served = [first, ...others];
  return {
    name: first.contract.role,
    serves: served.map(({ contract }) => contract),
    calls,
    reads: [],
    publishes: [],
    lifecycle: [],
    module: () => ({
      module: FakeModule,
      providers: served.map(({ contract, handlers }) => ({ provide: contract.token, useValue: handlers })),
      exports: served.map(({ contract }) => contract.token),
    }),
  };
}
