/** What a broker offers, compared with an order: one rule for the door of order-gateway and for the connector. */
import { type BrokerOffer } from './gen/brokers/v1/service.js';
import { Reason } from './gen/common/v1/reason.js';
import { type OrderContent, OrdType, Product, SelfTradePrevention, TimeInForce } from './gen/common/v1/types.js';

/** What the broker does not offer. */
export interface NotOffered {
  readonly reason: Reason.VENUE_NOT_SUPPORTED;
  /** Path in the request: `content.ordType`. */
  readonly field: string;
  readonly text: string;
}

/** The first thing in the order that the broker does not offer, or undefined: known before anything is sent. */
export function notOffered(broker: string, offer: BrokerOffer, content: OrderContent): NotOffered | undefined {
  const refuse = (field: keyof OrderContent, value = ''): NotOffered => ({
    reason: Reason.VENUE_NOT_SUPPORTED,
    field: `content.${field}`,
    text: `${broker} does not support ${field} ${value}`.trimEnd(),
  });
  const { ordType, timeInForce, product, selfTradePrevention } = content;
  const type = OrdType[ordType] ?? String(ordType);
  const time = TimeInForce[timeInForce] ?? String(timeInForce);
  if (!offer.ordTypes.includes(ordType)) return refuse('ordType', type);
  if (!offer.timeInForces.includes(timeInForce)) return refuse('timeInForce', time);
  const isApart = offer.notTogether.some((apart) => apart.ordType === ordType && apart.timeInForce === timeInForce);
  if (isApart) return refuse('timeInForce', `${time} of a ${type} order`);
  if (!offer.products.includes(product)) return refuse('product', Product[product] ?? String(product));
  if (content.displayQty !== undefined && !offer.displayQty) return refuse('displayQty', content.displayQty);
  if (content.marketProtection !== undefined && !offer.marketProtection) return refuse('marketProtection', content.marketProtection);
  if (content.postOnly && !offer.postOnly) return refuse('postOnly');
  const isOwnRule = selfTradePrevention === SelfTradePrevention.UNSPECIFIED;
  if (!isOwnRule && !offer.selfTradePreventions.includes(selfTradePrevention))
    return refuse('selfTradePrevention', SelfTradePrevention[selfTradePrevention] ?? String(selfTradePrevention));
  return undefined;
}
