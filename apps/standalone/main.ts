/** Every role in one process with a PostgreSQL of its own (`npm start`), or some of them (`ROLES=a,b`) with addresses from the environment. */
import { startStandalone } from './standalone.js';

await startStandalone(process.env, process.argv.slice(2));
