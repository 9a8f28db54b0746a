/**
 * Percent, decimal: what a MARKET or STOP order that names no market protection is valued with when it is decided, and what it is sent with to a broker that
 * takes a protection, so that the one bounds the other.
 */
export const protectionDefault = '3';
