/** The platform that a command talks to: the one that runs here, or the one that is named. */
import { connect, type SwitchyardClient } from '@switchyard/client';
import { type DevClaims, devTokens, everything, findDataFolder, findRunning, type RunState } from '@switchyard/client/development';
import path from 'node:path';
import { CommandError, exitCodes } from './failure.js';

/** Options that every command has. */
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
  return path.resolve(options.dataFolder ?? env['SWITCHYARD_DATA_FOLDER'] ?? findDataFolder(process.cwd(), repository));
}

export function keysFolderOf(options: CommonOptions, env: NodeJS.ProcessEnv): string {
  const dataFolder = dataFolderOf(options, env);
  return findRunning(dataFolder)?.keysFolder ?? path.join(dataFolder, 'keys');
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
  const given = options.address ?? env['SWITCHYARD_ADDRESS'];
  const address = given === undefined ? runningHere(options, env).gateways : given.split(',');
  const token =
    options.token ??
    env['SWITCHYARD_TOKEN'] ??
    devTokens(keysFolderOf(options, env), { subject: `cli:${env['USER'] ?? 'someone'}`, ...claims });
  return connect({ address, token, timeoutMs: options.timeout });
}
