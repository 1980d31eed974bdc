import { NootropicError } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';

export function addIndexPause(parent: Command, cli: Cli, finish: Finish): void {
  const both = [
    {
      ...{ name: 'pause', paused: true, summary: 'let the index of this folder rest' },
      description:
        'Lets the index of this folder rest, until `nootropic index resume`, or until the host ends. Nothing is read; searches find what is in the index.',
      said: 'The index of this folder rests. `nootropic index resume` lets it go on.',
    },
    {
      ...{ name: 'resume', paused: false, summary: 'let the index of this folder go on' },
      description: 'Lets the index of this folder go on; what changed meanwhile is read.',
      said: 'The index of this folder goes on.',
    },
  ];
  for (const { name, paused, summary, description, said } of both) {
    const command = parent.command(name).summary(summary).description(description);
    withCommonOptions(command, [[`nootropic index ${name}`, '']]).action((_options: CommonOptions, self: Command) =>
      finish(async () => {
        // `--json` and `--cwd` are options of `index` too, and commander gives them to it wherever they stand.
        const options = self.optsWithGlobals<CommonOptions>();
        const workspace = await workspaceOf(cli, options);
        await withAssistant(cli, async (assistant, host) => {
          if (!host.remote)
            throw new NootropicError(
              'HOST_UNREACHABLE',
              'No host is running, so nothing is indexed in the background.',
              {
                hint: 'An index rests only while a host runs: `nootropic serve --detach` starts one.',
              },
            );
          const status = await assistant.index.pause({ workspace, paused }, { signal: cli.signal });
          await (options.json === true ? cli.json(status) : cli.talk(`${said}\n`));
        });
      }),
    );
  }
}
