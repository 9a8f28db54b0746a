// @switchyard/matching-nest: the role matching-engine.
export { matchingRole } from './matching.role.js';
