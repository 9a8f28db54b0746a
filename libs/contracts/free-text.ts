/** What people write for people, as every service judges it. */
import { parseFreeText } from '@switchyard/kernel';
import { type FieldViolation } from './errors.js';
import { Reason } from './gen/common/v1/reason.js';

/** What is wrong with a text that may be empty; undefined when nothing is. */
export function violationOfText(field: string, value: string): FieldViolation | undefined {
  const parsed = parseFreeText(value);
  if (parsed.ok) return undefined;
  const { code, rule } = parsed.error;
  if (code === 'TOO_LONG') return { field, description: `${field} must have ${rule}.`, reason: Reason.REQUEST_TOO_LARGE };
  return { field, description: `${field} must be ${rule}.`, reason: Reason.FIELD_MALFORMED };
}

/** What is wrong with these fields of a request that a table is searched for: PostgreSQL takes no NUL. */
export function violationsOfTexts(texts: Readonly<Record<string, string>>): FieldViolation[] {
  return Object.entries(texts).flatMap(([field, value]) => violationOfText(field, value) ?? []);
}

/** What is wrong with the field `text` of an administrative command, which says why: without it an auditor can't tell later. */
export function violationOfReason(text: string): FieldViolation | undefined {
  if (text.trim() !== '') return violationOfText('text', text);
  return { field: 'text', description: 'text is required: why, in words.', reason: Reason.FIELD_REQUIRED };
}
