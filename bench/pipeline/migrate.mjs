/** Brings the bench's database of the platform up to date. Plain JavaScript: a bench imports no noun's tables, and this one only runs them. */
import { migrate } from '@switchyard/persistence';

export const migrateDatabase = (url) => migrate(url, { environment: 'sim' });
