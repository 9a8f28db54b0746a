export { type TlsFiles } from './credentials.js';
export { serveHealth, serveReflection } from './extras.js';
export { GrpcClients, type GrpcClientsOptions } from './grpc-clients.js';
export { GrpcTransport, type GrpcTransportOptions } from './grpc-transport.js';
export { fromGrpcError, toGrpcStatus } from './status.js';
export { ListenError } from './listen-error.js';
