/** One process of the bare pipeline: one role, or all of them. The bench starts it and commands it. */
import { Histogram } from '../lib/histogram.js';
import { monotonicMs } from '../lib/clock.js';
import { serveCommands } from '../lib/control.js';
import { openClient } from '../lib/database.js';
import { connectorExtra, startConnector } from './connector.mjs';
import { gatewayExtra, startGateway } from './gateway.mjs';
import { openStream, serve } from './grpc.mjs';
import { Journal } from './journal.mjs';
import { kafkaSink, kafkaSource } from './kafka.mjs';
import { directLink, streamLink } from './link.mjs';
import { startProjector } from './projector.mjs';
import { startRelay } from './relay.mjs';
import { startRisk } from './risk.mjs';
import { startVenue, venueExtra } from './venue.mjs';

const arrivals = new Histogram();
const statements = new Histogram();
const parts = {};

async function connection(postgresUrl) {
  const client = await openClient(postgresUrl);
  // Planned once, on empty tables, as the platform's are.
  await client.query('SET plan_cache_mode TO force_generic_plan; SET enable_seqscan TO off; SET jit TO off');
  return client;
}

async function journalOf(schema, extra, { postgresUrl, holders }) {
  return new Journal({
    client: await connection(postgresUrl),
    schema,
    holderId: holders[schema],
    extra,
    onStatement: (ms) => statements.record(ms),
  });
}

/** The first stream that somebody opens to this process. */
async function serveOneStream() {
  let accept;
  const stream = new Promise((resolve) => (accept = resolve));
  const server = await serve({ connect: (opened) => accept(opened) });
  return { port: server.port, stream };
}

/** How each role is started in a process of its own; answers with the port where others reach it. */
const alone = {
  venue: async (config) => {
    const { port, stream } = await serveOneStream();
    const journal = await journalOf('venue', venueExtra, config);
    void stream.then(
      (opened) =>
        (parts.venue = startVenue({
          journal,
          folder: config.venueFolder,
          connector: streamLink(opened),
          monotonicMs,
          onArrival: (ms) => arrivals.record(ms),
        })),
    );
    return port;
  },
  connector: async (config) => {
    const { port, stream } = await serveOneStream();
    const journal = await journalOf('connector', connectorExtra, config);
    const venue = streamLink(openStream(config.ports.venue));
    void stream.then((opened) => (parts.connector = startConnector({ journal, gateway: streamLink(opened), venue })));
    return port;
  },
  risk: async () => {
    const { port, stream } = await serveOneStream();
    void stream.then((opened) => (parts.risk = startRisk({ gateway: streamLink(opened) })));
    return port;
  },
  gateway: async (config) => {
    const journal = await journalOf('gateway', gatewayExtra, config);
    const sink = await kafkaSink(config.brokers, config.topic);
    const client = await connection(config.postgresUrl);
    parts.relay = startRelay({ publish: sink.publish, client, holderId: config.holders.gateway });
    const risk = streamLink(openStream(config.ports.risk));
    const connector = streamLink(openStream(config.ports.connector));
    parts.gateway = startGateway({ journal, risk, connector, relay: parts.relay });
    return serveOrders();
  },
  projector: async (config) => {
    parts.projector = startProjector({ client: await connection(config.postgresUrl) });
    await kafkaSource(config.brokers, config.topic, parts.projector.apply);
    return 0;
  },
};

async function serveOrders() {
  const place = (call, callback) => parts.gateway.place(call.request, (reply) => callback(null, reply));
  return (await serve({ place })).port;
}

/** Everything in this process: direct calls instead of streams, the relay feeds the projector. */
async function startAll(config) {
  const [gatewayToRisk, riskToGateway] = directLink();
  const [gatewayToConnector, connectorToGateway] = directLink();
  const [connectorToVenue, venueToConnector] = directLink();
  parts.projector = startProjector({ client: await connection(config.postgresUrl) });
  const client = await connection(config.postgresUrl);
  const publish = async (rows) => void parts.projector.apply(rows);
  parts.relay = startRelay({ publish, client, holderId: config.holders.gateway });
  parts.venue = startVenue({
    journal: await journalOf('venue', venueExtra, config),
    folder: config.venueFolder,
    connector: venueToConnector,
    monotonicMs,
    onArrival: (ms) => arrivals.record(ms),
  });
  parts.connector = startConnector({
    journal: await journalOf('connector', connectorExtra, config),
    gateway: connectorToGateway,
    venue: connectorToVenue,
  });
  parts.risk = startRisk({ gateway: riskToGateway });
  parts.gateway = startGateway({
    journal: await journalOf('gateway', gatewayExtra, config),
    risk: gatewayToRisk,
    connector: gatewayToConnector,
    relay: parts.relay,
  });
  return serveOrders();
}

process.on('unhandledRejection', (error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});

serveCommands({
  start: (config) => (config.role === 'all' ? startAll(config) : alone[config.role](config)),
  reset: () => {
    arrivals.reset();
    statements.reset();
  },
  report: () => ({
    arrivals: arrivals.toData(),
    statements: statements.toData(),
    counts: Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, { ...part.counts }])),
  }),
});
