export { benchPipeline } from './pipeline/index.js';
