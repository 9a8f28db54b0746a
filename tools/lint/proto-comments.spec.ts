import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

/** The contract is documented by its comments: the lint must miss each kind of them. */
const root = path.resolve(import.meta.dirname, '../..');
const buf = path.join(root, 'node_modules/.bin/buf');
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(path.join(tmpdir(), 'switchyard-proto-'));
  cpSync(path.join(root, 'proto'), path.join(copy, 'proto'), { recursive: true });
  cpSync(path.join(root, 'buf.yaml'), path.join(copy, 'buf.yaml'));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function lint(): string {
  const { stdout, stderr, error } = spawnSync(buf, ['lint'], { cwd: copy, encoding: 'utf8' });
  if (error !== undefined) throw error;
  return `${stdout}${stderr}`;
}

describe('the lint of the contract', () => {
  it('is content with what there is', () => {
    expect(lint()).toBe('');
  });

  it.each([
    ['a message', 'proto/orders/v1/service.proto', 'message AccountCursor {', 'Message "AccountCursor"'],
    ['a field', 'proto/orders/v1/service.proto', '  int64 account_seq = 2;', 'Field "account_seq"'],
    ['a call', 'proto/marketdata/v1/service.proto', '  rpc GetQuotes(', 'RPC "GetQuotes"'],
    ['a service', 'proto/marketdata/v1/service.proto', 'service MarketDataService {', 'Service "MarketDataService"'],
    ['a value of an enum', 'proto/common/v1/reason.proto', '  REASON_VENUE_POST_ONLY = ', 'Enum value "REASON_VENUE_POST_ONLY"'],
  ])('misses the comment of %s', (_, name, declaration, named) => {
    const file = path.join(copy, name);
    const whole = readFileSync(file, 'utf8');
    const lines = whole.split('\n');
    const at = lines.findIndex((line) => line.startsWith(declaration));
    expect(lines[at - 1]).toMatch(/^ *\/\/ /);
    let from = at - 1;
    while (/^ *\/\//.test(lines[from - 1] ?? '')) from--;
    writeFileSync(file, lines.toSpliced(from, at - from).join('\n'));
    expect(lint()).toContain(`${named} should have a non-empty comment`);
    writeFileSync(file, whole);
  });
});
