/** Checks the types of the whole repository, specs included, with TypeScript's native compiler. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { becomeNode24 } from '../start/node24.mjs';
import { ROOT } from '../workspace.mjs';

const tsc = path.join(path.dirname(createRequire(import.meta.url).resolve('typescript7/package.json')), 'bin/tsc');
becomeNode24([tsc, '-p', path.join(ROOT, 'tsconfig.json'), ...process.argv.slice(2)]);
