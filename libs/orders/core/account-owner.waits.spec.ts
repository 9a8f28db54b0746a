import { beforeEach, describe, expect, it } from '@jest/globals';
import { Reason } from '@switchyard/contracts';
import { aCaller, demoAccountId, errorOf, OwnerDriver, OwnerHarness } from './testing/index.js';

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
