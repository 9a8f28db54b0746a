/** Who serves, calls, reads and publishes what in this process; and what is missing, said before anything starts. */
import { type RoleName, type ServiceContract } from '@switchyard/contracts';
import { type Peers } from '../calls/index.js';
import { type Role } from './role.js';

/** The roles can't run like this: each problem is a sentence that names its fix. */
export class TopologyError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'TopologyError';
    this.problems = problems;
  }
}

/** Throws TopologyError if a call has no server, a reader no producer, or a role no database. */
export function checkTopology(roles: readonly Role[], peers: Peers, has: { kafka: boolean; postgres: boolean }): void {
  const problems: string[] = [];
  const served = new Set(roles.flatMap((role) => role.serves));
  const here = new Set(roles.map((role) => role.name));
  if (here.size < roles.length) problems.push('a role is given twice: name each once');
  const paths = new Map<string, ServiceContract>();
  for (const contract of served) {
    const other = paths.get(contract.definition.fullName);
    const areApart = other?.takes !== undefined && contract.takes !== undefined;
    if (other !== undefined && !areApart)
      problems.push(`${other.role} and ${contract.role} both serve ${contract.definition.fullName}: run them in different processes`);
    paths.set(contract.definition.fullName, contract);
  }
  for (const role of roles) {
    for (const contract of role.calls) {
      if (served.has(contract) || (peers.get(contract.role) ?? []).length > 0) continue;
      problems.push(
        `${role.name} calls ${contract.definition.fullName}, but no address of ${contract.role} is known: add ${contract.role}=host:port to SWITCHYARD_PEERS, or run ${contract.role} in this process`,
      );
    }
    for (const topic of has.kafka ? [] : role.reads) {
      if (here.has(topic.publisher)) continue;
      problems.push(
        `${role.name} reads ${topic.name}, but ${topic.publisher}, which publishes it, does not run in this process: set SWITCHYARD_KAFKA_BROKERS, or run ${topic.publisher} here too`,
      );
    }
    if (role.noun !== undefined && !has.postgres) problems.push(`${role.name} keeps its data in Postgres: set SWITCHYARD_POSTGRES_URL`);
  }
  if (problems.length > 0) throw new TopologyError(problems);
}

/** One line a role, for the log at start. */
export function topologyLines(roles: readonly Role[], peers: Peers, kafka: boolean): string[] {
  const here = new Set<RoleName>(roles.map((role) => role.name));
  const services = (contracts: readonly ServiceContract[]) => contracts.map((contract) => contract.definition.fullName).join(', ');
  return roles.map((role) => {
    const calls = role.calls.map(
      (contract) => `${contract.definition.fullName}:${here.has(contract.role) ? 'local' : (peers.get(contract.role) ?? []).join('|')}`,
    );
    const parts = [
      ['serves', services(role.serves)],
      ['calls', calls.join(', ')],
      ['reads', role.reads.map((topic) => `${topic.name}:${kafka ? 'kafka' : 'direct'}`).join(', ')],
      ['publishes', role.publishes.map((topic) => topic.name).join(', ')],
    ];
    return [role.name, ...parts.filter(([, text]) => text !== '').map(([verb, text]) => `${verb} ${text}`)].join('  ');
  });
}
