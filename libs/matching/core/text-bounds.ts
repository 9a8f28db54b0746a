// How long the texts of a session may be. What is longer never reaches the log: the venue refuses what stands there instead, in words that do not repeat it.
import { type VenueCommand } from '@switchyard/contracts/gen/matching/v1/service';

export const tagLengthMax = 64;
export const instrumentIdLengthMax = 64;
export const brokerAccountIdLengthMax = 32;
export const sessionIdLengthMax = 128;
const traceparentLengthMax = 128;
/** Longer than any decimal that can be read. */
const decimalLengthMax = 40;

/** By field of a command. */
const bounds = Object.entries({
  brokerAccountId: brokerAccountIdLengthMax,
  instrumentId: instrumentIdLengthMax,
  targetTag: tagLengthMax,
  orderQty: decimalLengthMax,
  price: decimalLengthMax,
  stopPx: decimalLengthMax,
  displayQty: decimalLengthMax,
  marketProtection: decimalLengthMax,
});
/** Stands for a text that is too long; it is too long itself, and no decimal. */
const tooLong = '?'.repeat(1 + Math.max(...bounds.map(([, most]) => most)));

/** The command with every text as long as it may be, or a little longer: then it is refused. A trace context that is none is left out. */
export function withShortTexts(given: VenueCommand): VenueCommand {
  const { command, traceparent } = given;
  let value = command?.value as Readonly<Record<string, unknown>> | undefined;
  for (const [field, most] of bounds) {
    const text = value?.[field];
    if (typeof text === 'string' && text.length > most) value = { ...value, [field]: tooLong };
  }
  const isShort = traceparent.length <= traceparentLengthMax;
  if (value === command?.value) return isShort ? given : { command, traceparent: '' };
  return { command: { ...command, value } as unknown as VenueCommand['command'], traceparent: isShort ? traceparent : '' };
}

/** Whether the request's tag is too long to be answered with. */
export function hasLongTag({ command }: VenueCommand): boolean {
  return command !== undefined && 'tag' in command.value && command.value.tag.length > tagLengthMax;
}
