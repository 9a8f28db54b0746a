/** `npm run demo`: what an internal app does, against the platform that runs here. */
import { CallError } from '@switchyard/contracts';
import { connect } from '@switchyard/client';
import { devTokens } from '@switchyard/client/development';
import { styleText } from 'node:util';
import { CommandError, describeFailure } from '../failure.js';
import { runningHere } from '../platform.js';
import { demoAccountId, runDemo } from './demo.js';
import { DemoError, Script } from './script.js';

const usage = `npm run demo

Shows what an internal app does with the platform that "npm start" or "npm run cluster" has started: token, search, a resting limit
order, a marketable one, a replace, a cancel, a refused order; in a cluster it then kills the connector in the middle of orders, while
the venue is stopped for a moment so that what is sent has no answer yet, and shows that they still end right; then positions and P&L. Each life is shown with
milliseconds per hop. Ends with an exit code that is not 0 when something is not as expected.

  --help   this text
`;

async function main(): Promise<void> {
  const running = runningHere({ timeout: 5_000 }, process.env);
  const token = devTokens(running.keysFolder, { subject: 'demo-app', accounts: { [demoAccountId]: ['trader'] } });
  const client = connect({ address: running.gateways, token, timeoutMs: 10_000 });
  try {
    await runDemo(
      client,
      running,
      new Script(
        (text) => process.stdout.write(text),
        (text) => styleText('bold', text),
      ),
    );
    process.stdout.write('\nEverything was as expected.\n');
  } finally {
    client.close();
  }
}

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(usage);
} else if (args.length > 0) {
  process.stderr.write(`There is no option ${args.join(', ')}.\n\n${usage}`);
  process.exitCode = 1;
} else {
  await main().catch((error: unknown) => {
    const isTold = error instanceof DemoError || error instanceof CommandError || error instanceof CallError;
    process.stderr.write(`\n${error instanceof DemoError ? error.message : describeFailure(error).lines.join('\n')}\n`);
    process.exitCode = isTold ? 1 : 70;
  });
}
