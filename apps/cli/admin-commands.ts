import { CallError, type Halt, HaltScope, StatusCode } from '@switchyard/contracts';
import { HaltResponse, HaltState, ReleaseResponse } from '@switchyard/contracts/gen/risk/v1/service';
import { ListSessionsResponse, SessionState } from '@switchyard/contracts/gen/brokers/v1/service';
import { devToken, everything, findRunning, type RunState } from '@switchyard/client/development';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CommandError, exitCodes } from './failure.js';
import { dataFolderOf, keysFolderOf } from './platform.js';
import { table } from './table.js';
import { type Session, type Terminal, withSession } from './terminal.js';
import { wholeNumber, wordsOf } from './words.js';

const scopeWords = wordsOf(HaltScope).map((word) => word.toLowerCase());
const hourMs = 3_600_000;
const roles = [...(everything.roles ?? []), 'service'];
/** A year. */
const hoursMax = 8_760;

export function addAdminCommands(program: Command, terminal: Terminal): void {
  program
    .command('token')
    .description('signs a token with the development key; without options one that trades on every account')
    .option('--subject <name>', 'who calls', 'developer')
    .option('--account <id...>', 'only these accounts; id for a trader, id=viewer for a reader')
    .addOption(
      new Option(
        '--role <name...>',
        'may do everywhere what this role may; service: what one process of the platform asks of another',
      ).choices(roles),
    )
    .option('--hours <n>', 'how long it is valid', wholeNumber(1, hoursMax), 8)
    .action((options: TokenOptions, command: Command) => {
      const common = command.optsWithGlobals();
      const accounts = Object.fromEntries((options.account ?? ['*']).map((grant) => grantOf(grant)));
      const token = devToken(
        keysOf(common as never, terminal),
        { subject: options.subject, roles: options.role, accounts },
        options.hours * hourMs,
      );
      terminal.write(common['json'] === true ? `${JSON.stringify({ token })}\n` : `${token}\n`);
    });

  program
    .command('status')
    .description('shows what runs, the broker sessions, and the halts in force')
    .action((_options, command: Command) => withSession(command, terminal, (session) => status(session, terminal)));

  program
    .command('halt')
    .description('stops new orders; cancels pass')
    .argument('<scope>', scopeWords.join(', '), parseScope)
    .argument('[key]', 'the id of the account, broker, strategy or instrument')
    .requiredOption('--text <why>', 'why, for those who read it')
    .action((scope: HaltScope, key: string | undefined, { text }: { text: string }, command: Command) =>
      withSession(command, terminal, async ({ client, print }) => {
        const answer = await client.risk.halt({ scope, key, text });
        await print(HaltResponse.toJSON(answer), () => {
          const missing = answer.missing.length === 0 ? '' : `, not yet at ${answer.missing.join(', ')}`;
          return `${HaltState[answer.state] ?? 'UNRECOGNIZED'}${missing}  halt ${answer.halt?.haltId ?? ''}`;
        });
        if (answer.state !== HaltState.ENGAGED) terminal.exitCode = exitCodes.unavailable;
      }),
    );

  program
    .command('release')
    .description('ends a halt, or all of them')
    .argument('[haltId]')
    .option('--all', 'every halt in force')
    .option('--text <why>', 'why', 'released at the command line')
    .action((haltId: string | undefined, options: { all?: boolean; text: string }, command: Command) =>
      withSession(command, terminal, async ({ client, print }) => {
        if ((haltId === undefined) !== (options.all === true))
          throw new CommandError('name a halt, or give --all', exitCodes.usage, '"switchyard status" lists the halts');
        const ids = haltId === undefined ? (await client.risk.halts({})).halts.map((halt) => halt.haltId) : [haltId];
        let answer: ReleaseResponse = { halts: [] };
        for (const id of ids) answer = await client.risk.release({ haltId: id, text: options.text });
        await print(ReleaseResponse.toJSON(answer), () => `released: ${ids.length}\n${showHalts(answer.halts)}`);
      }),
    );
}

interface TokenOptions {
  readonly subject: string;
  readonly account?: readonly string[];
  readonly role?: readonly string[];
  readonly hours: number;
}

function grantOf(grant: string): [string, string[]] {
  const [account = '', role = 'trader'] = grant.split('=');
  if (role !== 'trader' && role !== 'viewer')
    throw new CommandError(`"${role}" is no role on an account: trader or viewer`, exitCodes.usage);
  return [account, [role]];
}

function keysOf(common: Session['options'], terminal: Terminal): string {
  return keysFolderOf(common, terminal.env);
}

function parseScope(text: string): HaltScope {
  const scope = (HaltScope as unknown as Record<string, HaltScope>)[text.toUpperCase()];
  if (!scopeWords.includes(text.toLowerCase()) || scope === undefined)
    throw new InvalidArgumentError(`choose one of ${scopeWords.join(', ')}`);
  return scope;
}

/** What can be seen is shown, whatever can't: a database that is away hides sessions and halts, and the processes say so. */
async function status({ client, options, print }: Session, terminal: Terminal): Promise<void> {
  const running = options.address === undefined ? findRunning(dataFolderOf(options, terminal.env)) : undefined;
  const [processes, ...answers] = await Promise.all([
    Promise.all((running?.processes ?? []).map(withReadiness)),
    seen(client.sessions.list({})),
    seen(client.risk.halts({})),
  ]);
  const problems = answers.flatMap((answer) => (answer instanceof CallError ? [answer] : []));
  if (running === undefined && problems[0] !== undefined) throw problems[0];
  const [sessions, halts] = answers;
  const json = {
    mode: running?.mode,
    page: running?.page,
    processes,
    ...(!(sessions instanceof CallError) && (ListSessionsResponse.toJSON(sessions) as object)),
    ...(!(halts instanceof CallError) && { halts: halts.halts }),
    ...(problems.length > 0 && { problems: problems.map(({ message }) => message) }),
  };
  await print(json, () =>
    [
      ...(running === undefined ? [] : [showProcesses(running, processes), '']),
      sessions instanceof CallError ? `the broker sessions can not be seen: ${sessions.message}` : showSessions(sessions),
      '',
      halts instanceof CallError ? `the halts in force can not be seen: ${halts.message}` : showHalts(halts.halts),
    ].join('\n'),
  );
  if (problems.length > 0 || processes.some(({ readiness }) => readiness !== 'ready')) terminal.exitCode = exitCodes.unavailable;
}

/** The answer, or why there is none for now. Throws every other refusal. */
async function seen<T>(asked: Promise<T>): Promise<T | CallError> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof CallError && (error.code === StatusCode.UNAVAILABLE || error.code === StatusCode.DEADLINE_EXCEEDED)) return error;
    throw error;
  }
}

function showSessions({ sessions }: ListSessionsResponse): string {
  const columns = ['session', 'broker', 'state', 'held by', 'why'].map((heading) => ({ heading }));
  return table(
    columns,
    sessions.map((one) => [one.sessionId, one.broker, SessionState[one.state] ?? 'UNRECOGNIZED', one.process, one.text]),
  );
}

async function withReadiness(process: RunState['processes'][number]) {
  const readiness = await fetch(`http://${process.httpAddress}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
    async (answer) => {
      const { problems } = (await answer.json()) as { problems: Record<string, string> };
      return answer.ok ? 'ready' : Object.values(problems).join('; ');
    },
    () => 'does not answer',
  );
  return { ...process, readiness };
}

function showProcesses({ mode, page }: RunState, processes: readonly Awaited<ReturnType<typeof withReadiness>>[]): string {
  const columns = [
    { heading: 'process' },
    { heading: 'pid', isFigure: true },
    { heading: 'gRPC' },
    { heading: 'HTTP' },
    { heading: 'state' },
  ];
  const rows = processes.map(({ name, pid, address, httpAddress, readiness }) => [name, String(pid), address, httpAddress, readiness]);
  return `${mode}, page ${page}\n\n${table(columns, rows)}`;
}

function showHalts(halts: readonly Halt[]): string {
  if (halts.length === 0) return 'no halts in force';
  const columns = ['halt', 'scope', 'key', 'since', 'by', 'why'].map((heading) => ({ heading }));
  return table(
    columns,
    halts.map(({ haltId, scope, key, atMs, actor, text }) => [
      haltId,
      HaltScope[scope] ?? 'UNRECOGNIZED',
      key,
      new Date(atMs).toISOString(),
      actor,
      text,
    ]),
  );
}
