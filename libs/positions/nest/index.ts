// @switchyard/positions-nest: the role position-tracker.
export { positionsRole } from './positions.role.js';
