export { framer, type Framer } from './framer.js';
