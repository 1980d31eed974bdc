import type { Assistant, Config, PermissionSubject } from '@nootropic/contracts';
import { policyOf, type WorkplacePorts } from './workplace.ts';

export interface TrustRequestPorts extends WorkplacePorts {
  readonly config: Config;
}

/** What a folder may have a say in, and what the rules say: what `trust` and `permissions` of the contract ask. */
export function createTrustRequests(ports: TrustRequestPorts): Pick<Assistant, 'trust' | 'permissions'> {
  const { trust, config } = ports;

  const show = async (workspace: string) => {
    const { root, customizations } = await ports.workplace(workspace);
    const { trusted, unattended } = await trust.state(root);
    const found = await customizations.load({ trusted });
    return {
      ...{ trusted, unattended },
      instructions: found.instructions.map(({ origin }) => origin),
      agents: found.agents.map(({ name, description, origin }) => ({ name, description, origin })),
      skills: found.skills.map(({ name, description, origin }) => ({ name, description, origin })),
      hooks: found.hooks.map(({ event, command, origin }) => ({ event, command, origin })),
      commands: found.commands.map(({ name, description, origin }) => ({ name, description, origin })),
      ignored: [...found.ignored],
    };
  };

  return {
    trust: {
      show: async ({ workspace }) => show(workspace),
      set: async ({ workspace, trusted, unattended }) => {
        await trust.set((await ports.workplace(workspace)).root, {
          ...(trusted !== undefined && { trusted }),
          ...(unattended !== undefined && { unattended }),
        });
        return show(workspace);
      },
    },
    permissions: {
      list: async ({ workspace }) => [...policyOf(ports, (await ports.workplace(workspace)).root).list()],
      check: async ({ workspace, tool = 'run', subject, mode = config.agent.mode }) => {
        const { root, runner } = await ports.workplace(workspace);
        const [state, { available }] = await Promise.all([trust.state(root), runner.sandbox()]);
        const situation = { mode, ...state, sandboxed: available, attended: true };
        return policyOf(ports, root).judge(subjectOf(tool, subject), situation);
      },
    },
  };
}

/** What a person wrote down, as what the tool would be judged by. */
function subjectOf(tool: string, subject: string): PermissionSubject {
  if (tool === 'run') return { kind: 'command', tool, line: subject };
  if (tool !== 'web-fetch') return { kind: 'path', tool, path: subject };
  return { kind: 'host', tool, host: URL.parse(subject)?.hostname ?? subject };
}
