export { armFailpoints, failpoint, FailpointError, failpointHits } from './failpoint.js';
export { platformFailpoints } from './names.js';
