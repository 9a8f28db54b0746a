// The paper connector passes the cards of every connector, against the real venue over a log in memory.
import { describeConnector, type ConformanceBench } from '@switchyard/connectors-port/testing';
import { systemClock } from '@switchyard/kernel';
import { INFY, InProcessVenue } from '@switchyard/matching-core/testing';
import { PaperConnector } from './paper.connector.js';

describeConnector('the paper venue', async (): Promise<ConformanceBench> => {
  const venue = new InProcessVenue();
  await venue.start();
  return {
    connector: () => new PaperConnector({ sessionId: 'paper-1', brokerAccountIds: ['PAPER-1'], calls: venue.calls, clock: systemClock }),
    brokerAccountId: 'PAPER-1',
    instrumentId: INFY,
    market: (bids, asks) => venue.show(INFY, bids, asks),
    wire: {
      takeDown: () => Promise.resolve(venue.kill()),
      bringUp: () => venue.start(),
      cut: () => venue.cutStreams(),
      loseAnswers: () => {
        venue.wire.toCaller = () => [];
      },
      loseRequests: () => {
        venue.wire.toServer = () => [];
      },
      swapNextAnswers: () => {
        const held: Parameters<NonNullable<typeof venue.wire.toCaller>>[0][] = [];
        venue.wire.toCaller = (message) => {
          held.push(message);
          return held.length === 2 ? held.reverse() : held.length > 2 ? [message] : [];
        };
      },
      mend: () => {
        venue.wire.toCaller = undefined;
        venue.wire.toServer = undefined;
      },
    },
    close: () => Promise.resolve(venue.kill()),
  };
});
