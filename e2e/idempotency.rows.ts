/** One clOrdId is one order, whoever asks how often, and where. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { CallError, OrdStatus, Reason, Side, StatusCode } from '@switchyard/contracts';
import { Desk, type GetWorld, limit, market } from './world.js';

export function describeIdempotency(world: GetWorld): void {
  describe('a repeated clOrdId', () => {
    let desk: Desk;
    /** The same desk at every gateway. */
    let everywhere: Desk[];
    beforeAll(async () => {
      desk = await Desk.open(world(), 'IDEM');
      everywhere = world().atGateway.map((client) => desk.as(client));
    });

    it('with the same content gets the first answer at every gateway', async () => {
      const first = await desk.place(market('NSE:INFY', Side.BUY, '1'), 'idem-1');
      expect(first.replayed).toBe(false);
      for (const there of everywhere) {
        const again = await there.place(market('NSE:INFY', Side.BUY, '1.0'), 'idem-1');
        expect(again).toEqual({ ...first, replayed: true });
      }
    });

    it('with other content is refused at every gateway', async () => {
      for (const there of everywhere) {
        const error = await there.place(market('NSE:INFY', Side.BUY, '2'), 'idem-1').catch((refusal: unknown) => refusal);
        expect(error).toBeInstanceOf(CallError);
        expect(error).toMatchObject({
          code: StatusCode.ALREADY_EXISTS,
          reason: Reason.CL_ORD_ID_REUSED,
          violations: [{ field: 'clOrdId' }],
        });
      }
    });

    it('gets the first answer too when that was a denial', async () => {
      const broken = limit('NSE:INFY', Side.BUY, '1', '0.03');
      const first = await desk.place(broken, 'idem-2');
      expect(first.order?.ordStatus).toBe(OrdStatus.DENIED);
      for (const there of everywhere) expect(await there.place(broken, 'idem-2')).toEqual({ ...first, replayed: true });
    });

    it('is one order when it comes many times at once from all sides', async () => {
      const calls = Array.from({ length: 12 }, (_, at) =>
        (everywhere[at % everywhere.length] ?? desk).place(market('NSE:INFY', Side.BUY, '3'), 'idem-3'),
      );
      const answers = await Promise.all(calls);
      expect(new Set(answers.map(({ order }) => order?.orderId)).size).toBe(1);
      expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
      const stored = (await desk.events()).filter(({ event }) => event?.$case === 'orderAccepted' && event.value.clOrdId === 'idem-3');
      expect(stored).toHaveLength(1);
    });

    it('of a cancel gets the first answer, and cancels once', async () => {
      const { orderId } = await desk.placed(limit('NSE:INFY', Side.BUY, '1', '1450'), OrdStatus.NEW);
      const cancel = { accountId: desk.accountId, clOrdId: 'idem-4', orderId };
      const first = await world().client.orders.cancel(cancel);
      await desk.until(orderId, OrdStatus.CANCELED);
      for (const client of world().atGateway) expect(await client.orders.cancel(cancel)).toEqual({ ...first, replayed: true });
      expect((await desk.events()).filter(({ event }) => event?.$case === 'cancelRequested')).toHaveLength(1);
    });
  });
}
