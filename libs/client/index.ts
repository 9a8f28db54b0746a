// @switchyard/client: the typed client that internal apps, the command line and the tests use.
export { connect, type CallSettings, type ConnectOptions, type Given, type SwitchyardClient } from './connect.js';
export { type FollowOptions } from './follow.js';
export { newClOrdId } from './cl-ord-id.js';
export { connectVenue, type VenueClient } from './venue.js';
