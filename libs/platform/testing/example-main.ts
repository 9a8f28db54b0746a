/** A process with two example roles, as an app's main.ts starts one: for specs of signals, exits and start-up. `--hang`: a part that never stops. */
import { runRoles } from '../run-roles/index.js';
import { answersRole, asksRole, Journey } from './example-roles.js';

const journey = new Journey();
await runRoles([answersRole(journey, process.argv.includes('--hang') ? 'hang' : undefined), asksRole(journey)]);
