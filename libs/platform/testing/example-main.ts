/**
 * A process with the example roles, as an app's main.ts starts one: for specs of signals, exits and start-up.
 * `--hang`: a part that never stops. `--only=<role>`: that role alone.
 */
import { runRoles } from '../run-roles/index.js';
import { answersRole, asksRole, Journey } from './example-roles.js';

const journey = new Journey();
const isOwn = (arg: string): boolean => arg === '--hang' || arg.startsWith('--only=');
const [own, args] = [process.argv.slice(2).filter(isOwn), process.argv.slice(2).filter((arg) => !isOwn(arg))];
const roles = [answersRole(journey, own.includes('--hang') ? 'hang' : undefined), asksRole(journey)];
const only = own.find((arg) => arg !== '--hang')?.slice('--only='.length);
await runRoles(
  roles.filter(({ name }) => only === undefined || name === only),
  { args },
);
