// Where `npm start` and `npm run cluster` keep their data.
import path from 'node:path';
import { ROOT } from '../workspace.mjs';

export const DEFAULT_FOLDER = path.join(ROOT, '.switchyard');

/** The folder that the variable names; an empty variable is an absent one. */
export function dataFolderOf(env) {
  return path.resolve(env['SWITCHYARD_DATA_FOLDER'] || DEFAULT_FOLDER);
}
