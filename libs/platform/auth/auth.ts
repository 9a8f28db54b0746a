/** Who calls. Tokens are JWTs signed with EdDSA by an issuer outside; we verify them against its published keys. */
import { type Principal } from '@switchyard/contracts';

export interface Auth {
  /** The principal of a token (without "Bearer "). Throws CallError UNAUTHENTICATED with UNAUTHENTICATED, TOKEN_EXPIRED or WRONG_ENVIRONMENT. */
  verify(token: string | undefined): Promise<Principal>;
  /** This process' own token for calls of its own; empty where it has no key. */
  serviceToken(): Promise<string>;
  /** Who this process is. */
  readonly servicePrincipal: Principal;
}
