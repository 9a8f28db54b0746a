export { armFailpoints, failpoint, FailpointError, failpointHits } from './failpoint.js';
export { failpointNames, type FailpointName } from './names.js';
