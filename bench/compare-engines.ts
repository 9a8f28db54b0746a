// `npm run matching:compare`: two matching engines on one stream of random commands; ends with 1 where they differ.
import { parseArgs } from 'node:util';
import { FastEngine, ReferenceEngine } from '@switchyard/matching-core/engine';
import { compareEngines, EnginesDiffer } from '@switchyard/matching-core/testing';

const usage = `npm run matching:compare -- [options]

Runs the reference engine and the fast one on the same random commands, every feature switched on. Their reports must be equal word for word,
and their states every 1,000 commands. Ends with 1 at the first difference, and tells how to replay it.

  --commands N   how many (default 1000000)
  --seed TEXT    the commands are drawn from it (default 1)
  --restore N    after so many commands the fast engine is made anew from the reference's state (default 100000; 0: never)
  --orders N     how many orders may be open in an engine (default: as many as the engines take)
  --validate     both validate their whole state after every command (slow)
`;

const { values } = argumentsOf();

function argumentsOf() {
  try {
    return parseArgs({
      options: {
        commands: { type: 'string', default: '1000000' },
        seed: { type: 'string', default: '1' },
        restore: { type: 'string', default: '100000' },
        orders: { type: 'string' },
        validate: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exit(1);
  }
}

function wholeNumber(name: string, given: string): number {
  const number = Number(given);
  if (given !== '' && Number.isSafeInteger(number) && number >= 0) return number;
  process.stderr.write(`--${name} takes a whole number, not "${given}".\n`);
  process.exit(2);
}

function compare(): void {
  const commands = wholeNumber('commands', values.commands);
  const restoreEvery = wholeNumber('restore', values.restore);
  const ordersMax = values.orders === undefined ? undefined : wholeNumber('orders', values.orders);
  const startedAt = performance.now();
  let toldAt = startedAt;
  const rate = (count: number): string => `${Math.round(count / (performance.now() - startedAt))} thousand a second`;
  const onProgress = (count: number): void => {
    if (performance.now() - toldAt < 5_000) return;
    toldAt = performance.now();
    process.stdout.write(`${count} of ${commands} commands agree, ${rate(count)}\n`);
  };
  process.stdout.write(`seed ${values.seed}: ${commands} commands\n`);
  const { reports, trades, openOrders, stateHash } = compareEngines({
    make: (most) => new ReferenceEngine(most),
    makeOther: (most) => new FastEngine(most),
    ordersMax,
    seed: values.seed,
    commands,
    restoreEvery,
    isValidated: values.validate,
    onProgress,
  });
  process.stdout.write(
    `all agree: ${commands} commands, ${reports} reports, ${trades} trades, ${openOrders} orders open, ${rate(commands)}\n`,
  );
  process.stdout.write(`state hash ${stateHash}\n`);
}

if (values.help) process.stdout.write(usage);
else {
  try {
    compare();
  } catch (error) {
    if (!(error instanceof EnginesDiffer)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
