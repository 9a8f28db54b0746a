// Commands and reports in words for people: what a failure prints.
import { BookSide, CommandType, InForce, OrderType, Phase, SelfTrade } from '../engine/command.js';
import { EngineReason, readReport, ReportKind, Role } from '../engine/report.js';
import { readCommand } from '../engine/rules.js';

/** Every field of a command that is not zero. */
export function commandText(words: Int32Array, at: number): string {
  const { word0, type, side, ordType, timeInForce, selfTrade, postOnly, value6, ...numbers } = readCommand(words, at);
  const isNew = type === CommandType.NEW;
  const named = isNew
    ? [
        nameIn(BookSide, side),
        nameIn(OrderType, ordType),
        nameIn(InForce, timeInForce),
        nameIn(SelfTrade, selfTrade),
        ...(postOnly ? ['POST_ONLY'] : []),
      ]
    : [];
  const sixth = type === CommandType.SET_PHASE ? [nameIn(Phase, value6)] : value6 === 0 ? [] : [`w6=${value6}`];
  const rest = Object.entries(numbers).flatMap(([name, value]) => (value === 0 ? [] : [`${name}=${value}`]));
  return [nameIn(CommandType, type), ...named, ...sixth, ...rest, `(word 0 is 0x${(word0 >>> 0).toString(16)})`].join(' ');
}

/** Every field of a report. */
export function reportText(words: Int32Array, at: number): string {
  const { kind, reason, side, role, ordType, timeInForce, ...numbers } = readReport(words, at);
  const named = [nameIn(ReportKind, kind), nameIn(EngineReason, reason), nameIn(BookSide, side), nameIn(Role, role)];
  const order = [ordType === 0 ? '-' : nameIn(OrderType, ordType), timeInForce === 0 ? '-' : nameIn(InForce, timeInForce)];
  return [...named, ...order, ...Object.entries(numbers).map(([name, value]) => `${name}=${value}`)].join(' ');
}

/** The name of a value in an enumeration, or the value itself. */
export function nameIn(values: Record<string, number>, value: number): string {
  return Object.keys(values).find((name) => values[name] === value) ?? String(value);
}
