export { armFailpoints, failpoint, FailpointError, failpointHits, parseFailpoints } from './failpoint.js';
export { platformFailpoints } from './names.js';
