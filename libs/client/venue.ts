/** The paper venue as its operators see it. It is no part of the public edge: they call the process that runs it. */
import { CallError, type CallOptions, MATCHING_SERVICE, Reason, type RequestOf, type ResponseOf, type Side } from '@switchyard/contracts';
import { type MatchingServiceDefinition, type TradingPhase } from '@switchyard/contracts/gen/matching/v1/service';
import { systemClock } from '@switchyard/kernel';
import { GrpcClients } from '@switchyard/platform/grpc-client';
import { type ConnectOptions } from './connect.js';

type Methods = MatchingServiceDefinition['methods'];
type Ask = <K extends 'getDepth' | 'setPhase' | 'massCancel'>(method: K, request: RequestOf<Methods[K]>) => Promise<ResponseOf<Methods[K]>>;

const defaultTimeoutMs = 5_000;

export type VenueClient = ReturnType<typeof connectVenue>;

/** Connects to processes that have the role matching-engine; the one that runs the venue is found among them or named by one of them. Close it in the end. */
export function connectVenue({ address, token, timeoutMs = defaultTimeoutMs, tls }: ConnectOptions) {
  const addresses = typeof address === 'string' ? [address] : address;
  const clients = new GrpcClients({ auth: { serviceToken: () => '' }, clock: systemClock, log: { error: () => undefined }, tls });
  const ask: Ask = async (method, request) => {
    const options: CallOptions = { timeoutMs, token: typeof token === 'string' ? token : await token() };
    const callAt = (at: readonly string[]): Promise<never> =>
      (clients.calls(MATCHING_SERVICE, at)[method] as (request: unknown, options: CallOptions) => Promise<never>)(request, options);
    try {
      return await callAt(addresses);
    } catch (error) {
      const owner = error instanceof CallError && error.reason === Reason.NOT_OWNER ? error.metadata['address'] : undefined;
      if (owner === undefined) throw error;
      return callAt([owner]);
    }
  };
  return {
    /** The visible book. Role `admin`. */
    depth: (instrumentId: string, levels: number) => ask('getDepth', { instrumentId, levels }),
    /** Sets the trading phase of an instrument. Role `admin`. */
    setPhase: (instrumentId: string, phase: TradingPhase) => ask('setPhase', { instrumentId, phase }),
    /** Cancels every order that fits; empty texts and UNSPECIFIED fit all. Role `admin`. */
    massCancel: (which: { readonly brokerAccountId: string; readonly instrumentId: string; readonly side: Side }) =>
      ask('massCancel', which),
    /** Closes the connections. */
    close: () => clients.close(),
  };
}
