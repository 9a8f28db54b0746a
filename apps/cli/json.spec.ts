/** `--json` of every command: what it prints is one JSON text (of `follow`, one a line) with the answer in it, and nothing else. */
import { describe, expect, it } from '@jest/globals';
import { OrdStatus } from '@switchyard/contracts';
import { FakePlatform, orderId, stateOf } from './testing/fake-platform.js';

const platform = FakePlatform.forSpec();
const { run } = platform;

const order = stateOf({ ordStatus: OrdStatus.NEW });
const inJson = { orderId, ordStatus: 'ORD_STATUS_NEW' };
const content = ['buy', '10', 'NSE:INFY', '--limit', '1500'];
const venue = (): string[] => ['venue', '--venue', platform.address];

interface Row {
  /** As help lists it, with the command that it belongs to. */
  readonly command: string;
  readonly args: () => readonly string[];
  readonly answer?: object;
  readonly json: object;
}

const rows: readonly Row[] = [
  { command: 'order', args: () => ['order', ...content], answer: { order }, json: { order: inJson } },
  {
    command: 'preview',
    args: () => ['preview', ...content],
    answer: { decision: { approved: true, limitsVersion: 3 } },
    json: { decision: { approved: true, limitsVersion: 3 } },
  },
  { command: 'cancel', args: () => ['cancel', orderId], answer: { order }, json: { order: inJson } },
  { command: 'cancel', args: () => ['cancel', '--all'], answer: { cancels: [{ order }] }, json: { cancels: [{ order: inJson }] } },
  { command: 'replace', args: () => ['replace', orderId, '--quantity', '5'], answer: { order }, json: { order: inJson } },
  { command: 'orders', args: () => ['orders'], answer: { orders: [order] }, json: { orders: [inJson] } },
  { command: 'positions', args: () => ['positions'], answer: { positions: [{ netQty: '7' }] }, json: { positions: [{ netQty: '7' }] } },
  { command: 'ledger', args: () => ['ledger'], answer: { postings: [{ book: 'cash' }] }, json: { postings: [{ book: 'cash' }] } },
  { command: 'instruments', args: () => ['instruments', 'infy'], json: { instruments: [{ symbol: 'INFY', tickSize: '0.1' }] } },
  { command: 'quotes', args: () => ['quotes', 'NSE:INFY'], answer: { quotes: [{ seq: 9 }] }, json: { quotes: [{ seq: 9 }] } },
  { command: 'accounts', args: () => ['accounts'], answer: { accounts: [{ accountId: 'A' }] }, json: { accounts: [{ accountId: 'A' }] } },
  {
    command: 'explain',
    args: () => ['explain', orderId],
    answer: { order, entries: [{ title: 'order accepted', process: 'p' }] },
    json: { order: inJson, entries: [{ title: 'order accepted', process: 'p' }] },
  },
  {
    command: 'follow',
    args: () => ['follow', '--from', '0'],
    answer: { events: [{ accountId: 'DEMO', accountSeq: 1, state: order }], live: true },
    json: { accountId: 'DEMO', accountSeq: 1, state: inJson },
  },
  { command: 'token', args: () => ['token'], json: { token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) } },
  {
    command: 'status',
    args: () => ['status'],
    answer: { halts: [{ haltId: 'h1' }] },
    json: { processes: [], sessions: [{ sessionId: 'paper-1' }], halts: [{ haltId: 'h1' }] },
  },
  {
    command: 'halt',
    args: () => ['halt', 'all', '--text', 'x'],
    answer: { halt: { haltId: 'h1' }, state: 2 },
    json: { halt: { haltId: 'h1' }, state: 'HALT_STATE_ENGAGED' },
  },
  { command: 'release', args: () => ['release', 'h1'], answer: { halts: [{ haltId: 'h2' }] }, json: { halts: [{ haltId: 'h2' }] } },
  { command: 'parked', args: () => ['parked'], answer: { parked: [{ key: 'A' }] }, json: { parked: [{ key: 'A' }, { key: 'A' }] } },
  {
    command: 'parked replay',
    args: () => ['parked', 'replay', 'orders', 's/7f', 'A'],
    answer: { applied: 2, ended: true },
    json: { applied: 2, ended: true },
  },
  {
    command: 'venue depth',
    args: () => [...venue(), 'depth', 'NSE:INFY'],
    answer: { bids: [{ price: '99' }] },
    json: { bids: [{ price: '99' }] },
  },
  { command: 'venue phase', args: () => [...venue(), 'phase', 'I5', 'halt'], answer: { tradesCount: 4 }, json: { tradesCount: 4 } },
  { command: 'venue mass-cancel', args: () => [...venue(), 'mass-cancel', '--all'], json: { canceledCount: 3 } },
];

/** The commands that help lists, those inside of others as "venue depth". One that has others is left out where it does nothing itself. */
async function listed(...of: string[]): Promise<string[]> {
  const { out } = await run(...of, '--help');
  const names = [...(out.split('Commands:\n')[1]?.split('\n\n')[0] ?? '').matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name ?? '');
  const inner = names.filter((name) => name !== 'help').map(async (name) => [[...of, name].join(' '), ...(await listed(...of, name))]);
  return (await Promise.all(inner)).flat();
}

describe('--json', () => {
  it.each(rows)('is the answer alone: switchyard $command', async ({ command, args, answer = {}, json }) => {
    platform.answer = () => answer;
    if (command === 'follow') platform.printed = (stop) => stop.abort();
    const { out, err, code } = await run('--json', ...args());
    expect({ err, code }).toEqual({ err: '', code: 0 });
    expect(JSON.parse(out)).toMatchObject(json);
  });

  it('is there for every command', async () => {
    const commands = (await listed()).filter((command) => command !== 'venue');
    expect(new Set(rows.map(({ command }) => command))).toEqual(new Set(commands));
  });
});
