#!/usr/bin/env node
/** `npx switchyard ...`: the command line on Node 24, whatever Node runs this. */
import { failWith } from '../../tools/start/prepare.mjs';
import { runProgram } from '../../tools/start/run.mjs';

await runProgram('apps/cli/dist/main.js', process.argv.slice(2)).catch(failWith);
