import { beforeEach, describe, expect, it } from '@jest/globals';
import { Reason, RequestKind } from '@switchyard/contracts';
import { Deferred } from '@switchyard/kernel';
import { errorOf, OwnerDriver, OwnerHarness } from './testing/index.js';

let h: OwnerHarness;
const { replace, report, sent, working } = new OwnerDriver(() => h);

beforeEach(async () => {
  h = await new OwnerHarness().openDemo();
});

describe('a replace', () => {
  it('that risk approved of the order as it was is not written when another replace has changed it meanwhile', async () => {
    const orderId = await working();
    const hold = (h.risk.hold = new Deferred<void>());
    const slow = errorOf(replace(orderId, 'R-1', { orderQty: '20' })); // Judged at the price of now.
    await h.rest();
    h.risk.hold = undefined;
    await replace(orderId, 'R-2', { orderQty: '10', price: '3000' });
    const replaced = { $case: 'replaced', value: { orderQty: '10', price: '3000', stopPx: undefined } } as const;
    await report(orderId, replaced, { kind: RequestKind.REPLACE, brokerRequestId: `${orderId}.2` });
    hold.resolve();
    expect(await slow).toMatchObject({ reason: Reason.RISK_UNAVAILABLE });
    expect(h.risk.approvals.map(({ isAbandoned }) => isAbandoned)).toEqual([false, false, true]);
    expect(sent()).toEqual(['NEW .1', 'REPLACE .2']);
    expect(await replace(orderId, 'R-1', { orderQty: '20' })).toMatchObject({ reason: Reason.UNSPECIFIED });
  });
});
