import type pg from 'pg';
import { type PrismaClient } from './generated/client.js';

/**
 * A Prisma client over a noun's pool, for administration and reads; the hot path uses the pool itself. Prisma is loaded by
 * the first call, so a process that never calls this does not pay for it. `$disconnect()` leaves the pool open.
 */
export async function nounPrisma(pool: pg.Pool): Promise<PrismaClient> {
  const [{ PrismaPg }, { PrismaClient: Client }] = await Promise.all([import('@prisma/adapter-pg'), import('./generated/client.js')]);
  return new Client({ adapter: new PrismaPg(pool) });
}
