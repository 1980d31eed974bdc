import { NootropicError } from '@nootropic/contracts';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { userPath, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { ServeRequest, ServingHost } from '../host.ts';
import type { Finish } from '../program.ts';

interface ServeOptions extends CommonOptions {
  readonly port?: number;
  readonly openPort?: number | true;
  readonly bind?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly allowHost?: readonly string[];
  readonly jwtSecretFile?: string;
  readonly jwksFile?: string;
  readonly detach?: boolean;
  readonly byItself?: boolean;
}

/** What the end of a host may take, in milliseconds: streams get their last event, jobs go back into the queue. */
const endMs = 6000;

export function addServe(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('serve')
    .summary('start the host: a page, an HTTP API, and one set of models for every program')
    .description(
      'Starts the host of this user on the loopback of this machine: a page to open, and the HTTP API of docs/reference/openapi.json. It runs until it is interrupted; with --detach in the background, until nothing was to do for host.idleMinutes. Other commands use the host that runs.',
    )
    .option('--port <number>', 'listen on this port (default: host.port where it is free, else any)', parsePort)
    .option(
      '--open-port [number]',
      'also listen on this port of the loopback for programs that cannot send a key: generate, embed and list only (11434 where none is named)',
      parsePort,
    )
    .option('--bind <address>', 'also serve other machines at this IP address, encrypted, for keys and users alone')
    .option('--tls-cert <file>', 'of --bind: the certificate, in PEM')
    .option('--tls-key <file>', 'of --bind: its key, in PEM')
    .option('--allow-host <name...>', 'of --bind: names by which it may be asked, beside its address')
    .option('--jwt-secret-file <file>', 'of --bind: also take JSON Web Tokens that this secret signed (HS256)')
    .option('--jwks-file <file>', 'of --bind: also take JSON Web Tokens that a key of this set signed')
    .option('-d, --detach', 'start it in the background, wait until it is ready, and print its address')
    .addOption(new Option('--by-itself', 'what --detach starts').hideHelp());
  withCommonOptions(command, [
    ['nootropic serve', 'prints the address of the page, which is good for 30 seconds'],
    ['nootropic serve --detach', 'in the background; `nootropic status` shows it, `nootropic stop` ends it'],
    ['nootropic serve --port 4650 --json', 'prints address and token as one JSON object'],
  ]).action((options: ServeOptions) =>
    finish(() => (options.detach === true && options.byItself !== true ? detach(cli, options) : serve(cli, options))),
  );
}

/** The port of Ollama, which such programs look for. */
const ollamaPort = 11_434;

function requestOf(cli: Cli, options: ServeOptions): ServeRequest {
  const { port, openPort, byItself, bind, allowHost } = options;
  const files = ['tlsCert', 'tlsKey', 'jwtSecretFile', 'jwksFile'] as const;
  if (bind === undefined && (allowHost ?? files.find((name) => options[name] !== undefined)) !== undefined)
    throw new NootropicError('USAGE', 'What is said of other machines needs `--bind ADDRESS`.');
  return {
    ...(port !== undefined && { port }),
    ...(openPort !== undefined && { openPort: openPort === true ? ollamaPort : openPort }),
    ...(byItself === true && { byItself }),
    ...(bind !== undefined && {
      bind: {
        bind,
        ...(allowHost && { allowHost }),
        ...Object.fromEntries(
          files.flatMap((name) => {
            const path = options[name];
            return path === undefined ? [] : [[name, userPath(cli, path)]];
          }),
        ),
      },
    }),
  };
}

async function detach(cli: Cli, options: ServeOptions): Promise<void> {
  const host = await cli.loadHost();
  const { isNew, pid, url, version, startedAt } = await host.ensure(requestOf(cli, options), cli.signal);
  if (options.json === true) return cli.json({ url, pid, version, startedAt, isNew, tokenFile: host.paths().token });
  await cli.out(`${cli.style.bold('API')}    ${url}   process ${String(pid)}\n`);
  await cli.talk(isNew ? 'It runs in the background. `nootropic stop` ends it.\n' : 'It was running already.\n');
}

async function serve(cli: Cli, options: ServeOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  const host = await cli.loadHost();
  cli.mayTake(endMs);
  await using served = await host.serve(requestOf(cli, options));
  // Its output is a log, which is no place for a token.
  await (options.byItself === true
    ? cli.json({ url: served.url, pid: process.pid, version: cli.surroundings.version, time: cli.surroundings.now() })
    : announce(cli, options, { served, workspace }));
  await Promise.race([interrupted(cli.signal), served.ended]);
}

async function announce(
  cli: Cli,
  { json }: ServeOptions,
  { served, workspace }: { readonly served: ServingHost; readonly workspace: string },
): Promise<void> {
  const { code } = await served.assistant.host.signIn();
  const page = `${served.url}/#${new URLSearchParams({ code, workspace }).toString()}`;
  if (json === true) return cli.json({ url: served.url, token: served.token, page });
  for (const notice of served.notices) await cli.talk(`${notice}\n`);
  await cli.out(
    `${cli.style.bold('Page')}   ${page}   within 30 seconds; \`nootropic status --page\` gives a new one\n${cli.style.bold('API')}    ${served.url}   Authorization: Bearer ${served.token}\n`,
  );
  if (served.openPort !== undefined)
    await cli.out(
      `${cli.style.bold('Open')}   http://127.0.0.1:${String(served.openPort)}   without a key: generate, embed and list\n`,
    );
  if (served.otherMachinesUrl !== undefined)
    await cli.out(`${cli.style.bold('Others')} ${served.otherMachinesUrl}   for the keys of \`nootropic clients\`\n`);
  const whom = served.otherMachinesUrl === undefined ? 'this machine only' : 'other machines too';
  await cli.talk(`Serving ${whom}; other commands use it. Ctrl-C ends it.\n`);
}

async function interrupted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/u.test(text) || port > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}
