/** grpc-js with raw buffers: one unary method for clients, one bidirectional stream between each two roles. */
import grpc from '@grpc/grpc-js';

const asIs = (buffer) => buffer;
const codec = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };
const place = { path: '/bare.v1.Pipeline/Place', requestStream: false, responseStream: false, ...codec };
const connect = { path: '/bare.v1.Pipeline/Connect', requestStream: true, responseStream: true, ...codec };

const unused = {
  place: (_call, callback) => callback({ code: grpc.status.UNIMPLEMENTED }),
  connect: (stream) => stream.end(),
};

/** Serves on a free port of 127.0.0.1. `handlers.place(call, callback)`, `handlers.connect(stream)`. Resolves to { port, close }. */
export function serve(handlers) {
  const server = new grpc.Server();
  server.addService({ place, connect }, { ...unused, ...handlers });
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve({ port, close: () => server.forceShutdown() });
    });
  });
}

function client(port) {
  return new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
}

/** A bidirectional stream to the role that listens on `port`. */
export function openStream(port) {
  return client(port).makeBidiStreamRequest(connect.path, asIs, asIs);
}

/** A function that places an order: takes the request, resolves to the reply. */
export function placer(port) {
  const connection = client(port);
  return (request) =>
    new Promise((resolve, reject) => {
      connection.makeUnaryRequest(place.path, asIs, asIs, request, { deadline: Date.now() + 30_000 }, (error, reply) =>
        error ? reject(error) : resolve(reply),
      );
    });
}
