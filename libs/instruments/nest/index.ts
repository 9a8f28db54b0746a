// @switchyard/instruments-nest: the role instrument-loader.
export { instrumentsRole } from './instruments.role.js';
