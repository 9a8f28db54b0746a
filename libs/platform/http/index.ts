export { callerOf, callOptionsOf } from './call-options.js';
export { refuseNoJson, unclearJson } from './json-text.js';
export { endWithProblem, hostProblem, refuseWrongHost, tellServerErrors, upgradeRefused } from './server-errors.js';
export { ProblemFilter, problemOf, sendProblem, type Problem } from './problem-filter.js';
