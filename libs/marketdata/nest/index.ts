// @switchyard/marketdata-nest: the role market-data.
export { marketdataRole } from './marketdata.role.js';
