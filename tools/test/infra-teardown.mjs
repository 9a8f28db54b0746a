/** Jest's globalTeardown: gives back what the run leased, and so stops PostgreSQL, Kafka and Redis unless another run uses them. */
import { importSource } from '../import-source.mjs';

export default async function releaseShared() {
  const { releaseServices, sharedServicesDir } = await importSource('tools/infra/index.ts');
  await releaseServices({ dir: sharedServicesDir(), holderPid: process.pid });
}
