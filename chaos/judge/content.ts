// What a client asked for, compared field by field with what somebody else says of it. The fields are those of proto/, so that none is forgotten.
import { fieldNames, type Message } from '../wire.js';
import { scaled, shown } from './decimal.js';
import { protectionDefault } from './worst-value.js';

const contentFields = fieldNames('common.v1.OrderContent');
const stayingFields = contentFields.filter((field) => !['ordType', 'orderQty', 'price', 'stopPx'].includes(field));
/** The tag is not the client's to give. */
const venueFields = fieldNames('matching.v1.NewOrder').filter((field) => field !== 'tag');
const decimals = new Set(['orderQty', 'price', 'stopPx', 'displayQty', 'marketProtection']);

/** How the order content that is told differs from what was asked for; `asked` names the instrument by its id. */
export const differencesOfContent = (asked: Message, told: Message): string[] => differences(contentFields, asked, told);

/** The same of an order later in its life, without what a replace or a trigger may change. */
export const differencesThatStay = (asked: Message, told: Message): string[] => differences(stayingFields, asked, told);

/** The same of an order as the venue gets it; `asked` also has the broker account. The market protection that risk counted with goes with it. */
export function differencesAtVenue({ instrument, ...asked }: Message, told: Message): string[] {
  const isProtected = asked['ordType'] === 'ORD_TYPE_MARKET' || asked['ordType'] === 'ORD_TYPE_STOP';
  return differences(
    venueFields,
    { ...(isProtected && { marketProtection: protectionDefault }), ...asked, instrumentId: instrument },
    told,
  );
}

/** How these fields differ. What was not given must not be there. */
export function differences(fields: readonly string[], asked: Message, told: Message): string[] {
  return fields
    .filter((field) => plain(field, asked[field]) !== plain(field, told[field]))
    .map((field) => `${field} "${plain(field, told[field])}" instead of "${plain(field, asked[field])}"`);
}

/** A value in one form: decimals without their zeros, and one word for what is not given. */
function plain(field: string, value: unknown): string {
  if (value === undefined || value === '' || value === 0 || value === false) return '';
  if (typeof value === 'string' && value.endsWith('_UNSPECIFIED')) return '';
  return decimals.has(field) ? shown(scaled(value)) : String(value);
}
