// Decimals of the judge's own: bigint scaled by a thousand million. Nothing of the platform's.
export const one = 1_000_000_000n;

/** "-1.25" → -1_250_000_000n. Throws on anything that is no decimal. */
export function scaled(text: unknown): bigint {
  const match = /^(-?)(\d+)(?:\.(\d{1,18}))?$/.exec(typeof text === 'string' ? text : '');
  if (match === null) throw new Error(`"${String(text)}" is not a decimal`);
  const [, sign, whole = '', fraction = ''] = match;
  if (/[1-9]/.test(fraction.slice(9))) throw new Error(`"${String(text)}" has more than nine decimals`);
  const value = BigInt(whole) * one + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return sign === '-' ? -value : value;
}

/** For people: "1.25". */
export function shown(value: bigint): string {
  const magnitude = value < 0n ? -value : value;
  const fraction = (magnitude % one).toString().padStart(9, '0').replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${magnitude / one}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Quotient rounded half to even; the divisor is positive. */
export function halfEvenSigned(dividend: bigint, divisor: bigint): bigint {
  return dividend < 0n ? -halfEven(-dividend, divisor) : halfEven(dividend, divisor);
}

/** Quotient rounded half to even; both positive. */
export function halfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const twice = 2n * (dividend % divisor);
  if (twice > divisor || (twice === divisor && quotient % 2n === 1n)) return quotient + 1n;
  return quotient;
}
