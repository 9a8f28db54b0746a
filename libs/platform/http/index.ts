export { callerOf, callOptionsOf } from './call-options.js';
export { ProblemFilter, problemOf, sendProblem, type Problem } from './problem-filter.js';
