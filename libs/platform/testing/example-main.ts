/**
 * A process with the example roles, as an app's main.ts starts one: for specs of signals, exits and start-up.
 * `--hang`: a part that never stops. `--only=<role>`: that role alone.
 */
import { runRoles } from '../run-roles/index.js';
import { answersRole, asksRole, Journey } from './example-roles.js';

const journey = new Journey();
const roles = [answersRole(journey, process.argv.includes('--hang') ? 'hang' : undefined), asksRole(journey)];
const only = process.argv.find((arg) => arg.startsWith('--only='))?.slice('--only='.length);
await runRoles(roles.filter(({ name }) => only === undefined || name === only));
