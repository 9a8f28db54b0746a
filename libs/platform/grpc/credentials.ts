/** mTLS where it is configured: both sides show a certificate that the authority signed. Read at start; a rotation is a restart. */
import { type ChannelCredentials, credentials, ServerCredentials } from '@grpc/grpc-js';
import { readFileSync } from 'node:fs';

export interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly authorityFile: string;
}

export function clientCredentials(files: TlsFiles | undefined): ChannelCredentials {
  if (files === undefined) return credentials.createInsecure();
  return credentials.createSsl(readFileSync(files.authorityFile), readFileSync(files.keyFile), readFileSync(files.certificateFile));
}

export function serverCredentials(files: TlsFiles | undefined): ServerCredentials {
  if (files === undefined) return ServerCredentials.createInsecure();
  const pair = { private_key: readFileSync(files.keyFile), cert_chain: readFileSync(files.certificateFile) };
  return ServerCredentials.createSsl(readFileSync(files.authorityFile), [pair], true);
}
