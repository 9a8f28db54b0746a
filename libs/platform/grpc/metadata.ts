/** What travels with a call as gRPC metadata. */
import { Metadata } from '@grpc/grpc-js';
import { type CallEntry } from '@switchyard/contracts';

const authorization = 'authorization';
const traceparent = 'traceparent';
const forwarded = 'x-switchyard-forwarded';
const entered = 'x-switchyard-entered';
const enteredPattern = /^(\d{1,15}) ([\w.-]{1,64})$/;
const bearer = 'Bearer ';

export interface CallMetadata {
  readonly token: string;
  readonly traceparent: string;
  readonly forwarded: boolean;
  /** Of a forwarded call only. */
  readonly entered?: CallEntry;
}

export function writeMetadata(call: CallMetadata): Metadata {
  const metadata = new Metadata();
  if (call.token !== '') metadata.set(authorization, bearer + call.token);
  if (call.traceparent !== '') metadata.set(traceparent, call.traceparent);
  if (call.forwarded) metadata.set(forwarded, '1');
  if (call.forwarded && call.entered !== undefined) metadata.set(entered, `${call.entered.atMs} ${call.entered.process}`);
  return metadata;
}

export function readMetadata(metadata: Metadata): CallMetadata {
  const credentials = textOf(metadata, authorization);
  const isForwarded = textOf(metadata, forwarded) === '1';
  return {
    token: credentials.startsWith(bearer) ? credentials.slice(bearer.length) : '',
    traceparent: textOf(metadata, traceparent),
    forwarded: isForwarded,
    ...(isForwarded && { entered: entryOf(textOf(metadata, entered)) }),
  };
}

function entryOf(text: string): CallEntry | undefined {
  const [, atMs, process] = enteredPattern.exec(text) ?? [];
  return atMs === undefined || process === undefined ? undefined : { atMs: Number(atMs), process };
}

function textOf(metadata: Metadata, key: string): string {
  const value = metadata.get(key)[0];
  return typeof value === 'string' ? value : '';
}
