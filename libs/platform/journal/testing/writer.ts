/** A process that a spec starts, stops and kills: appends without a pause to the units it owns, and tells what became of each. Its argument is a WriterConfig as JSON. */
import { appendFileSync } from 'node:fs';
import { type EventBus } from '../../bus/types.js';
import { armFailpoints } from '../../failpoint/index.js';
import { change, TEST_TOPIC, testJournal } from './test-journal.js';

export interface WriterConfig {
  readonly url: string;
  readonly name: string;
  readonly unitNames: readonly string[];
  /** Rows that the relay publishes are written to this file, a line each. */
  readonly publishTo?: string;
  readonly failpoints?: string;
}

/** What a writer says. */
export type WriterWord =
  | { readonly kind: 'acked'; readonly unit: string; readonly text: string }
  | { readonly kind: 'rejected'; readonly unit: string; readonly text: string; readonly error: string }
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'acquired'; readonly unit: string; readonly holderId: string };

function fileBus(file: string): EventBus {
  const never = (): never => {
    throw new Error('a writer reads nothing');
  };
  return {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    ready: () => true,
    healthy: () => true,
    publish: (_, rows) => Promise.resolve(appendFileSync(file, rows.map((row) => `${row.stream} ${row.seq}\n`).join(''))),
    read: never,
    latest: never,
    attach: () => undefined,
  };
}

async function main({ url, name, unitNames, publishTo, failpoints }: WriterConfig): Promise<void> {
  const say = (word: WriterWord): void => void process.send?.(word);
  if (failpoints !== undefined) armFailpoints(failpoints);
  const { journal, close } = testJournal({
    url,
    name,
    unitNames,
    hooks: {
      acquired: (unit) => {
        say({ kind: 'acquired', unit, holderId: journal.holderId });
        return Promise.resolve({});
      },
      released: () => Promise.resolve(),
      lost: (reason) => say({ kind: 'lost', reason }),
    },
    ...(publishTo === undefined ? {} : { bus: fileBus(publishTo), publish: () => [TEST_TOPIC] }),
  });
  let isStopping = false;
  process.on('message', () => (isStopping = true));
  await journal.start();
  for (let n = 1; !isStopping; n++) {
    const texts = unitNames.filter((unit) => journal.owns(unit)).map((unit) => ({ unit, text: `${name}-${process.pid}-${unit}-${n}` }));
    const work = texts.map(async ({ unit, text }) => {
      try {
        await journal.append(change(unit, text));
        say({ kind: 'acked', unit, text });
      } catch (error) {
        say({ kind: 'rejected', unit, text, error: (error as Error).name });
      }
    });
    await Promise.all(work);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await close();
  process.disconnect?.();
}

await main(JSON.parse(process.argv[2] ?? '') as WriterConfig);
