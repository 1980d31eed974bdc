import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import { confinementOf } from './local-files.ts';
import { startNetworkProxy, type NetworkProxyOptions } from './network-proxy.ts';
import { guardRoot } from './sandbox-guard.ts';
import { isWithin, readableInHome, secretInHome } from './sandbox-places.ts';
import { seatbeltProfile } from './seatbelt-profile.ts';
import type { Sandbox } from './sandbox.ts';

export interface SeatbeltSandboxOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly own: readonly string[];
  readonly network: Omit<NetworkProxyOptions, 'hosts' | 'listen'>;
}

const program = '/usr/bin/sandbox-exec';
const find = '/usr/bin/find';

/**
 * Confines programs by seatbelt, the sandbox of macOS, with a profile of our own. Paths are refused by what they are called, so nothing need be held
 * free; the network is this machine's, where only the port of our proxy can be reached.
 */
export function createSeatbeltSandbox({ env, own, network }: SeatbeltSandboxOptions): Sandbox {
  return {
    kind: 'seatbelt',
    async confine({ argv, root, cwd: _cwd, env: variables, policy, signal }) {
      const home = await realpath(env['HOME'] ?? homedir()).catch(() => homedir());
      if (isWithin(home, root))
        throw new NootropicError(
          'SANDBOX_UNAVAILABLE',
          'The workspace holds your home folder, and cannot be confined.',
          {
            hint: 'Work in a folder of its own.',
          },
        );
      const confinement = await confinementOf(root);
      const hosts = policy.hosts ?? [];
      const guard = await guardRoot({
        ...{
          confinement,
          writes: policy.writes !== false,
          holdFree: false,
          find,
          kept: new Map<string, number>(),
          readOnly: policy.readOnly ?? [],
        },
        ...(signal && { signal }),
      });
      const temporary = await mkdtemp(join(await realpath(tmpdir()), 'nootropic-tmp-'));
      const proxy = hosts.length > 0 ? await startNetworkProxy({ ...network, hosts, listen: { port: 0 } }) : undefined;
      const url = proxy && `http://127.0.0.1:${proxy.port}`;
      const profile = seatbeltProfile({
        ...{ root, home, temporary, writes: policy.writes !== false },
        readable: [
          ...readableInHome.map((name) => join(home, name)),
          ...guard.repositories,
          ...(policy.readable ?? []),
        ],
        secret: [...secretInHome.map((name) => join(home, name)), ...guard.secrets, ...own],
        readOnly: [...guard.readOnly, ...(policy.readOnly ?? []).map((name) => join(root, name))],
        ...(proxy && { port: proxy.port }),
      });
      return {
        argv: [program, '-p', profile, '--', ...argv],
        env: {
          ...{ ...variables, TMPDIR: temporary, TMP: temporary, TEMP: temporary },
          ...(url && { HTTP_PROXY: url, HTTPS_PROXY: url, http_proxy: url, https_proxy: url, NODE_USE_ENV_PROXY: '1' }),
        },
        stdio: [],
        attach: () => undefined,
        failure({ exitCode, stderr }) {
          // EX_OSERR: the program could not be executed. EX_DATAERR, EX_USAGE: the profile was not understood.
          const why = /^sandbox-exec: (.+)$/mu.exec(stderr)?.[1];
          if (why === undefined || exitCode === null || ![64, 65, 71].includes(exitCode)) return undefined;
          return { of: why.startsWith('execvp') ? 'program' : 'sandbox', why };
        },
        async release() {
          await proxy?.close();
          await rm(temporary, { recursive: true, force: true });
          return guard.release();
        },
      };
    },
  };
}
