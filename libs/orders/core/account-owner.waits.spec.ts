import { beforeEach, describe, expect, it } from '@jest/globals';
import { OrdStatus, Reason } from '@switchyard/contracts';
import { SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { aCaller, aPlace, demoAccountId, errorOf, OwnerDriver, OwnerHarness } from './testing/index.js';

const accountId = demoAccountId;
let h: OwnerHarness;
const { placed } = new OwnerDriver(() => h);
const cancelBy = (clOrdId: string, origClOrdId: string) => h.owner.cancel({ accountId, clOrdId, orderId: '', origClOrdId }, aCaller());

beforeEach(async () => {
  h = await new OwnerHarness().openDemo();
});

describe('a request that names another by its clOrdId', () => {
  it('which is its own is answered, and a planned move does not wait for it', async () => {
    expect(await errorOf(cancelBy('C-1', 'C-1'))).toMatchObject({ reason: Reason.ORDER_UNKNOWN });
    await h.owner.drain();
  });

  it('which names it in turn is answered, and so is the other', async () => {
    const answers = await Promise.all([errorOf(cancelBy('C-1', 'C-2')), errorOf(cancelBy('C-2', 'C-3')), errorOf(cancelBy('C-3', 'C-1'))]);
    expect(answers.map(({ reason }) => reason)).toEqual([Reason.ORDER_UNKNOWN, Reason.ORDER_UNKNOWN, Reason.ORDER_UNKNOWN]);
  });

  it('that is still being written is answered after it', async () => {
    const orderId = await placed();
    const [first, second] = await Promise.all([cancelBy('C-1', 'A-1'), cancelBy('C-2', 'C-1')]);
    expect([first.order?.orderId, second.order?.orderId, second.reason]).toEqual([orderId, orderId, Reason.CANCEL_PENDING]);
  });
});

describe('an order whose session takes none yet', () => {
  const ups: readonly [string, () => void, () => void][] = [
    ['has granted nothing', () => h.credits.revoke('paper-1'), () => h.credits.grant('paper-1', 10, 0)],
    ['is not up', () => h.sessions.set('paper-1', SessionState.DOWN), () => h.sessions.set('paper-1', SessionState.READY)],
    ['is not known', () => h.sessions.clear(), () => h.sessions.set('paper-1', SessionState.READY)],
  ];
  it.each(ups)('because it %s waits for it, and is accepted', async (_why, down, up) => {
    down();
    let changes = 0;
    h.sessions.onWait = () => {
      h.nowMs += 100;
      if (++changes === 3) up();
    };
    expect(await h.owner.place(aPlace('A-1'), aCaller())).toMatchObject({ order: { ordStatus: OrdStatus.PENDING_NEW }, replayed: false });
    expect(changes).toBe(3);
  });

  it('waits a second, and is then refused with what happened and what to do', async () => {
    h.credits.revoke('paper-1');
    const waits: number[] = [];
    h.sessions.onWait = (withinMs) => {
      waits.push(withinMs);
      h.nowMs += 400;
    };
    expect(await errorOf(h.owner.place(aPlace('A-1'), aCaller()))).toMatchObject({
      reason: Reason.NO_CREDIT,
      message:
        'Session paper-1 takes no orders yet: it is being opened, is moving to another process, or looks up what is in doubt. ' +
        'Nothing was stored; try again with the same clOrdId in 500 ms.',
    });
    expect(waits).toEqual([1000, 600, 200]);
  });

  it('leaves risk its time before the caller goes', async () => {
    h.credits.revoke('paper-1');
    const waits: number[] = [];
    h.sessions.onWait = (withinMs) => {
      waits.push(withinMs);
      h.nowMs += withinMs;
    };
    await errorOf(h.owner.place(aPlace('A-1'), { ...aCaller(), deadlineMs: h.nowMs + 300 }));
    expect(waits).toEqual([250]);
  });

  it('does not wait where the session has as many orders under way as it may', async () => {
    h.credits.grant('paper-1', 1, 40);
    await placed();
    h.sessions.onWait = () => {
      throw new Error('it waits');
    };
    expect(await errorOf(h.owner.place(aPlace('A-2'), aCaller()))).toMatchObject({
      reason: Reason.NO_CREDIT,
      retryAfterMs: 40,
      message: expect.stringContaining('has no room: 1 orders, as many as it may have'),
    });
  });
});
