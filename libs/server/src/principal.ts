import type { ClientRole, HostClient } from '@nootropic/contracts';

/** Who asks, once it has been proven. */
export interface Principal {
  /** `local` for the token of this user's host, else the name of a client's key, of a user of a JSON Web Token, or `open-port`. */
  readonly name: string;
  readonly role: ClientRole;
  /** How it was proven. */
  readonly by: 'token' | 'key' | 'cookie' | 'jwt' | 'open-port';
  readonly workClass?: HostClient['workClass'];
  readonly requestsPerMinute?: number;
  readonly tokensPerDay?: number;
}
