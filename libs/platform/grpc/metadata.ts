/** What travels with a call as gRPC metadata. */
import { Metadata } from '@grpc/grpc-js';

const authorization = 'authorization';
const traceparent = 'traceparent';
const forwarded = 'x-switchyard-forwarded';
const bearer = 'Bearer ';

export interface CallMetadata {
  readonly token: string;
  readonly traceparent: string;
  readonly forwarded: boolean;
}

export function writeMetadata(call: CallMetadata): Metadata {
  const metadata = new Metadata();
  if (call.token !== '') metadata.set(authorization, bearer + call.token);
  if (call.traceparent !== '') metadata.set(traceparent, call.traceparent);
  if (call.forwarded) metadata.set(forwarded, '1');
  return metadata;
}

export function readMetadata(metadata: Metadata): CallMetadata {
  const credentials = textOf(metadata, authorization);
  return {
    token: credentials.startsWith(bearer) ? credentials.slice(bearer.length) : '',
    traceparent: textOf(metadata, traceparent),
    forwarded: textOf(metadata, forwarded) === '1',
  };
}

function textOf(metadata: Metadata, key: string): string {
  const value = metadata.get(key)[0];
  return typeof value === 'string' ? value : '';
}
