// @switchyard/risk-nest: the role risk-engine.
export { riskRole } from './risk.role.js';
