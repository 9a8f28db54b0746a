/**
 * Who may import whom (architecture.md 6): kernel ◀ contracts ◀ core ◀ nest ◀ apps. Nx checks each constraint whose
 * source tag a package has, all of them together, so a scope's rule must also name the types that have no scope.
 */
const NOUNS = ['orders', 'risk', 'brokers', 'matching', 'positions', 'instruments', 'marketdata'];

/** Nouns whose code may use connectors: they speak to brokers. */
const SPEAK_TO_BROKERS = new Set(['brokers', 'instruments', 'marketdata']);

const TEST_LIBRARIES = ['@jest/globals', 'fast-check'];

/** What each type of package may import, by type; npm packages where they are limited. */
const TYPES = {
  kernel: { types: ['kernel'], npm: [] },
  contracts: { types: ['kernel', 'contracts'], npm: ['@bufbuild/protobuf*', '@grpc/grpc-js'] },
  core: { types: ['kernel', 'contracts', 'core', 'port'], npm: [] },
  wal: { types: ['kernel', 'contracts', 'core', 'wal'], npm: [] },
  connector: { types: ['kernel', 'contracts', 'connector'], npm: ['@bufbuild/protobuf*', '@grpc/grpc-js', 'undici', 'ws', 'zod'] },
  platform: { types: ['kernel', 'contracts', 'platform'] },
  persistence: { types: ['kernel', 'contracts', 'persistence'] },
  testkit: { types: ['kernel', 'contracts', 'testkit', 'tool'] },
  client: { types: ['kernel', 'contracts', 'platform', 'client'] },
  nest: { types: ['kernel', 'contracts', 'core', 'wal', 'connector', 'platform', 'persistence', 'nest'] },
  app: { types: ['kernel', 'contracts', 'platform', 'persistence', 'client', 'nest', 'tool'] },
  tool: { types: ['kernel', 'tool'] },
  cluster: { types: ['kernel', 'contracts', 'platform', 'persistence', 'client', 'tool', 'cluster'] },
  e2e: { types: ['kernel', 'contracts', 'core', 'wal', 'client', 'persistence', 'testkit', 'tool', 'cluster', 'e2e'] },
};

/** Types that belong to no noun; every noun may import them as far as its own type allows. */
const UNSCOPED = ['kernel', 'contracts', 'platform', 'persistence', 'testkit', 'tool', 'client', 'cluster'];

const asTypeTags = (names) => names.map((name) => `type:${name}`);

/** Options of `@nx/enforce-module-boundaries`. Specs may use the test kit and the infrastructure, and two npm packages more. */
export function boundaries({ spec }) {
  const forTests = spec ? ['testkit', 'tool'] : [];
  // The paper connector is tried on the real venue, which is the core of a noun.
  const triedOn = spec ? ['core'] : [];
  const byType = Object.entries(TYPES).map(([type, { types, npm }]) => ({
    sourceTag: `type:${type}`,
    onlyDependOnLibsWithTags: asTypeTags([...types, ...forTests, ...(type === 'connector' ? triedOn : [])]),
    ...(npm && { allowedExternalImports: [...npm, ...TEST_LIBRARIES] }),
  }));
  const byScope = [...NOUNS, 'connectors'].map((noun) => ({
    sourceTag: `scope:${noun}`,
    onlyDependOnLibsWithTags: [
      `scope:${noun}`,
      ...(SPEAK_TO_BROKERS.has(noun) ? ['scope:connectors'] : []),
      ...(noun === 'connectors' && spec ? ['scope:matching'] : []),
      ...asTypeTags(UNSCOPED),
    ],
  }));
  return { enforceBuildableLibDependency: false, allow: [], depConstraints: [...byType, ...byScope] };
}
