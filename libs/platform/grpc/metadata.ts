/** What travels with a call as gRPC metadata. */
import { Metadata } from '@grpc/grpc-js';
import { type CallEntry } from '@switchyard/contracts';
import { tokenOf } from '../calls/bearer.js';

const authorization = 'authorization';
const traceparent = 'traceparent';
const forwarded = 'x-switchyard-forwarded';
const entered = 'x-switchyard-entered';
const enteredPattern = /^(\d{1,15}) ([\w.-]{1,64})$/;
const bearer = 'Bearer ';

export interface CallMetadata {
  readonly token: string;
  readonly traceparent: string;
  /** The service token of the process that forwards the call; empty where nobody does. */
  readonly forwardedBy: string;
  /** Of a forwarded call only. */
  readonly entered?: CallEntry | undefined;
}

export function writeMetadata(call: CallMetadata): Metadata {
  const metadata = new Metadata();
  if (call.token !== '') metadata.set(authorization, bearer + call.token);
  if (call.traceparent !== '') metadata.set(traceparent, call.traceparent);
  if (call.forwardedBy === '') return metadata;
  metadata.set(forwarded, call.forwardedBy);
  if (call.entered !== undefined) metadata.set(entered, `${call.entered.atMs} ${call.entered.process}`);
  return metadata;
}

export function readMetadata(metadata: Metadata): CallMetadata {
  const forwardedBy = textOf(metadata, forwarded);
  return {
    token: tokenOf(textOf(metadata, authorization)),
    traceparent: textOf(metadata, traceparent),
    forwardedBy,
    ...(forwardedBy !== '' && { entered: entryOf(textOf(metadata, entered)) }),
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
