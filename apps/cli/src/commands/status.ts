import { NootropicError, type HostStatus } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import { formatAge, formatDuration } from '../durations.ts';
import type { Finish } from '../program.ts';
import { count, formatBytes } from '../sizes.ts';
import { tableLines, type Column } from '../table.ts';

interface StatusOptions extends CommonOptions {
  readonly page?: boolean;
}

export function addStatus(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('status')
    .summary('show the host, its processes, and what it does')
    .description(
      'Shows the host of this user: its address, its processes with their memory, the turns and jobs that run, and when it ends by itself. Where none runs, it says so.',
    );
  withCommonOptions(command, [
    ['nootropic status', 'the host that runs'],
    ['nootropic status --json | jq .url', 'one JSON object; `running` is false where there is none'],
    ['nootropic status --page', 'an address for a browser, good once and for 30 seconds'],
  ])
    .option('--page', 'print the address of the page instead, with which one browser can enter')
    .action((options: StatusOptions) => finish(() => status(cli, options)));
}

const startHint = 'The first app that needs it starts it, and so does `nootropic serve --detach`.';

async function status(cli: Cli, options: StatusOptions): Promise<void> {
  const { json } = options;
  const running = await (await cli.loadHost()).running();
  if (running === undefined || running === 'unknown') {
    const what = running === undefined ? 'No host is running.' : 'A host is just starting or ending.';
    if (options.page === true) throw new NootropicError('HOST_UNREACHABLE', what, { hint: startHint });
    return json === true
      ? cli.json({ running: false, detail: what })
      : cli.out(`${what}${running === undefined ? ` ${startHint}` : ''}\n`);
  }
  if (options.page === true) {
    const workspace = await workspaceOf(cli, options);
    const { code, expiresAt } = await running.assistant.host.signIn(undefined, { signal: cli.signal });
    const page = `${running.url}/#${new URLSearchParams({ code, workspace }).toString()}`;
    return json === true ? cli.json({ running: true, page, expiresAt }) : cli.out(`${page}\n`);
  }
  const found = await running.assistant.host.status(undefined, { signal: cli.signal });
  await (json === true ? cli.json({ running: true, ...found }) : cli.out(`${statusText(cli, found)}\n`));
}

const columns: readonly Column[] = [
  { title: 'PROCESS', least: 14 },
  { title: 'PID', align: 'right' },
  { title: 'STATE' },
  { title: 'MEMORY', align: 'right' },
  { title: 'RESTARTS', align: 'right' },
  { title: 'DETAIL', least: 10 },
];

function statusText(cli: Cli, found: HostStatus): string {
  const { style } = cli;
  const now = cli.surroundings.now();
  const { turns, jobs, connections } = found;
  const work = [
    count(turns.length, 'turn'),
    `${count(jobs.running, 'job')} running`,
    `${String(jobs.waiting)} waiting`,
    ...(jobs.dead > 0 ? [`${String(jobs.dead)} dead`] : []),
    count(connections, 'connection'),
  ].join(', ');
  const facts: [string, string][] = [
    ['Host', `${found.url ?? ''}   version ${found.version}, up ${formatDuration(now - found.startedAt)}`],
    ...(found.openPort === undefined
      ? []
      : [
          ['Open', `http://127.0.0.1:${String(found.openPort)}, without a key: generate, embed and list only`] as [
            string,
            string,
          ],
        ]),
    ['Work', work],
    [
      'Ends',
      found.endsInMs === undefined
        ? 'when it is stopped'
        : `in ${formatDuration(found.endsInMs)} without work, or when it is stopped`,
    ],
    ...(found.offline ? [['Network', 'offline: nothing may leave this machine'] as [string, string]] : []),
  ];
  const table = tableLines(
    columns,
    found.processes.map(({ name, pid, state, memory, restarts, detail }) => ({
      cells: [
        cli.cell(name),
        pid === undefined ? '' : String(pid),
        state,
        memory === undefined ? '' : formatBytes(memory),
        String(restarts),
        cli.cell(detail),
      ],
    })),
    cli,
  );
  const running = turns.map(
    ({ sessionId, startedAt, readers }) =>
      `Turn     session ${sessionId.slice(0, 8)}, for ${formatAge(now - startedAt)}, ${count(readers, 'reader')}`,
  );
  return [...facts.map(([name, value]) => `${style.dim(name.padEnd(9))}${value}`), ...running, '', ...table].join('\n');
}
