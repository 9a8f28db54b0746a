/** The platform that a command talks to: the one that runs here, or the one that is named. */
import { connect, connectVenue, type SwitchyardClient, type VenueClient } from '@switchyard/client';
import { type DevClaims, devTokens, everything, findDataFolder, findRunning, type RunState } from '@switchyard/client/development';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { CommandError, exitCodes } from './failure.js';

/** Options that every command has; of the variables that stand for them an empty one is absent. */
export interface CommonOptions {
  readonly address?: string;
  readonly token?: string;
  readonly dataFolder?: string;
  readonly json?: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

const repository = path.resolve(import.meta.dirname, '../../..');

export function dataFolderOf(options: CommonOptions, env: NodeJS.ProcessEnv): string {
  return path.resolve(options.dataFolder ?? (env['SWITCHYARD_DATA_FOLDER'] || findDataFolder(process.cwd(), repository)));
}

/** Where the development key is that signs tokens. Throws CommandError where none was made yet. */
export function keysFolderOf(options: CommonOptions, env: NodeJS.ProcessEnv): string {
  const dataFolder = dataFolderOf(options, env);
  const keysFolder = findRunning(dataFolder)?.keysFolder ?? path.join(dataFolder, 'keys');
  if (existsSync(path.join(keysFolder, 'dev-key.json'))) return keysFolder;
  const next = '"npm start" makes one when it first starts here; or give a token: --token, SWITCHYARD_TOKEN';
  throw new CommandError(
    'there is no development key to sign a token with: Switchyard has not started here yet',
    exitCodes.unavailable,
    next,
  );
}

/** The platform that runs here. Throws CommandError where none does. */
export function runningHere(options: CommonOptions, env: NodeJS.ProcessEnv): RunState {
  const running = findRunning(dataFolderOf(options, env));
  if (running !== undefined) return running;
  const next = '"npm start" starts it in one process, "npm run cluster" as services; or name it: --address host:port';
  throw new CommandError('Switchyard does not run here', exitCodes.unavailable, next);
}

/** Connects as a person at the command line: with the token given, else with one signed by the development key. */
export function connectTo(options: CommonOptions, env: NodeJS.ProcessEnv, claims: Partial<DevClaims> = everything): SwitchyardClient {
  const given = options.address ?? (env['SWITCHYARD_ADDRESS'] || undefined);
  const address = given === undefined ? runningHere(options, env).gateways : given.split(',');
  return connect({ address, token: tokenOf(options, env, claims), timeoutMs: options.timeout });
}

/** Connects to the paper venue: to the processes named, else to those that run it here. */
export function connectToVenue(options: CommonOptions & { readonly venue?: string }, env: NodeJS.ProcessEnv): VenueClient {
  const address = options.venue?.split(',') ?? venuesOf(runningHere(options, env));
  return connectVenue({ address, token: tokenOf(options, env, everything), timeoutMs: options.timeout });
}

/** A process without roles runs all of them. */
function venuesOf({ processes }: RunState): string[] {
  return processes.filter(({ roles }) => roles.length === 0 || roles.includes('matching-engine')).map(({ address }) => address);
}

function tokenOf(options: CommonOptions, env: NodeJS.ProcessEnv, claims: Partial<DevClaims>): string | (() => string) {
  const signed = (): (() => string) => devTokens(keysFolderOf(options, env), { subject: `cli:${env['USER'] || 'someone'}`, ...claims });
  return options.token ?? (env['SWITCHYARD_TOKEN'] || signed());
}
