/** The configuration of a process and of all its roles, read at once. */
import { roleNames } from '@switchyard/contracts';
import { parsePeers, type Peers } from '../calls/index.js';
import { checkConfigs, ConfigError, type ConfigSchema } from '../config/index.js';
import { parseFailpoints } from '../failpoint/index.js';
import { type TlsFiles } from '../grpc/index.js';
import { type ProcessConfig, processConfig } from './process.config.js';
import { type Role } from './role.js';

export interface Settings {
  /** The process' name. */
  readonly name: string;
  readonly config: ProcessConfig;
  readonly peers: Peers;
  readonly tls: TlsFiles | undefined;
  /** Every schema with its values. */
  readonly all: ReadonlyMap<ConfigSchema, Readonly<Record<string, unknown>>>;
}

/** Throws ConfigError with all problems. */
export function readSettings(roles: readonly Role[], env: Readonly<Record<string, string | undefined>>): Settings {
  const schemas = new Set<ConfigSchema>([processConfig]);
  for (const role of roles) if (role.config !== undefined) schemas.add(role.config);
  const { read: all, problems } = checkConfigs([...schemas], env);
  // What is wrong by itself has no value: it counts as absent below, and nothing of it is used, since there is a problem.
  const config = all.get(processConfig) as ProcessConfig;
  const parsed = <T>(name: string, parse: () => T): T | undefined => {
    try {
      return parse();
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  const peers: Peers = parsed('SWITCHYARD_PEERS', () => parsePeers(config.peers ?? '', roleNames)) ?? new Map();
  const places = roles.flatMap(({ failpoints = [] }) => failpoints);
  parsed('SWITCHYARD_FAILPOINTS', () => parseFailpoints(config.failpoints ?? '', places));
  const tls = tlsOf(config, problems);
  if (config.jwksFile !== undefined && config.jwksUrl !== undefined)
    problems.push('SWITCHYARD_JWKS_FILE and SWITCHYARD_JWKS_URL are both set: keep one');
  if (config.environment === 'live') {
    if (config.jwksFile === undefined && config.jwksUrl === undefined)
      problems.push(
        'SWITCHYARD_JWKS_FILE or SWITCHYARD_JWKS_URL is missing: a live process verifies tokens against the keys of your issuer',
      );
    if (tls === undefined)
      problems.push(
        'SWITCHYARD_TLS_CERTIFICATE_FILE, SWITCHYARD_TLS_KEY_FILE and SWITCHYARD_TLS_AUTHORITY_FILE are missing: live processes speak mTLS',
      );
    if (config.failpoints !== undefined) problems.push('SWITCHYARD_FAILPOINTS is for simulation: a live process has none');
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const [first] = roles;
  return { name: config.processName ?? (roles.length === 1 && first !== undefined ? first.name : 'standalone'), config, peers, tls, all };
}

function tlsOf(config: ProcessConfig, problems: string[]): TlsFiles | undefined {
  const { tlsCertificateFile: certificateFile, tlsKeyFile: keyFile, tlsAuthorityFile: authorityFile } = config;
  if (certificateFile !== undefined && keyFile !== undefined && authorityFile !== undefined)
    return { certificateFile, keyFile, authorityFile };
  if (certificateFile ?? keyFile ?? authorityFile)
    problems.push(
      'SWITCHYARD_TLS_CERTIFICATE_FILE, SWITCHYARD_TLS_KEY_FILE and SWITCHYARD_TLS_AUTHORITY_FILE belong together: set all three or none',
    );
  return undefined;
}
