/** Who trades what in the bench: accounts, each alone in its risk group, and orders that fill at once against the venue's maker. */
import { OrdType, Product, Side, TimeInForce } from '@switchyard/contracts';
import { PlaceOrderRequest } from '@switchyard/contracts/gen/orders/v1/service';
import { type SwitchyardClient } from '@switchyard/client';

export const accountsCount = 8;
const currency = 'INR';
const sessionId = 'bench-1';

export const accountOf = (number: number): string => `BENCH-${String((number % accountsCount) + 1).padStart(2, '0')}`;

const clOrdIdPrefix = 'bench-';
export const clOrdIdOf = (number: number): string => `${clOrdIdPrefix}${number}`;
export const numberOfClOrdId = (clOrdId: string): number => Number(clOrdId.slice(clOrdIdPrefix.length));

/** Makes session, accounts, cash and limits; answers with the instruments to be traded. */
export async function prepareBook(client: SwitchyardClient): Promise<readonly string[]> {
  const accounts = Array.from({ length: accountsCount }, (_, i) => accountOf(i));
  const brokerAccountOf = (accountId: string): string => `PAPER-${accountId}`;
  await client.sessions.put({ sessionId, broker: 'paper', brokerAccountIds: accounts.map(brokerAccountOf), commandsPerSecondMax: 50_000 });
  for (const accountId of accounts) {
    const routes = [{ brokerAccountId: brokerAccountOf(accountId), sessionId }];
    await client.accounts.put({ accountId, name: accountId, baseCurrency: currency, riskGroupId: accountId, routes });
    await client.accounts.adjustCash({ accountId, adjustmentId: 'opening', currency, amount: '1000000000', text: 'opening cash' });
    const limits = {
      orderQtyMax: '1000000',
      orderValueMax: '1000000000',
      priceCollarPercent: '20',
      quoteAgeMaxMs: 60_000,
      commandsPerSecondMax: 1_000_000,
      openValueMax: '1000000000000',
      positionQtyMax: '1000000000',
    };
    await client.risk.setLimits({ accountId, limits, text: 'bench' });
  }
  return sharesToTrade(client);
}

/** Instruments that trade by the piece. */
async function sharesToTrade(client: SwitchyardClient): Promise<readonly string[]> {
  const traded = new Set<string>();
  for (const letter of 'ABCDEHIJKLMNPRSTUVW') {
    const { instruments } = await client.instruments.search({ query: letter, limit: 50 });
    for (const { lotSize, instrumentId } of instruments) if (lotSize === '1') traded.add(instrumentId);
  }
  if (traded.size === 0) throw new Error('there is no instrument with a lot of 1');
  return [...traded];
}

/** The encoded request of an order: one share at the market, buys and sells in turn, so that positions stay small. */
export function orderRequest(number: number, instruments: readonly string[]): Buffer {
  const round = Math.floor(number / (accountsCount * instruments.length));
  const request = PlaceOrderRequest.fromPartial({
    accountId: accountOf(number),
    clOrdId: clOrdIdOf(number),
    content: {
      instrument: instruments[number % instruments.length] ?? '',
      side: round % 2 === 0 ? Side.BUY : Side.SELL,
      ordType: OrdType.MARKET,
      timeInForce: TimeInForce.DAY,
      product: Product.INTRADAY,
      orderQty: '1',
    },
  });
  return Buffer.from(PlaceOrderRequest.encode(request).finish());
}
