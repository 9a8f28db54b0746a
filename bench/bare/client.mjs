/** The load generator of the bare pipeline, in a process of its own. */
import { serveCommands } from '../lib/control.js';
import { closedLoop, openLoop } from '../lib/load.js';
import { placer } from './grpc.mjs';
import { firstItem } from './items.mjs';
import { shape } from './shape.mjs';

let place;

async function call(number, dueMs) {
  await place(firstItem(shape.bytes.request, number, dueMs, number % shape.streams));
}

serveCommands({
  connect: ({ port }) => {
    place = placer(port);
  },
  open: (options) => openLoop(call, options),
  closed: (options) => closedLoop(call, options),
});
