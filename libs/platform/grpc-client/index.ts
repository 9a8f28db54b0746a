/** The calling half of gRPC alone, for programs that serve nothing: it loads neither the server nor Nest. */
export { type TlsFiles } from '../grpc/credentials.js';
export { GrpcClients, type GrpcClientsOptions } from '../grpc/grpc-clients.js';
