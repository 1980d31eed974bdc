import type { Tool } from '@nootropic/agents';
import type { Hooks } from './hooks.ts';
import type { Leave } from './leave.ts';

/** A tool that the hooks hear of before and after it runs. What they deny is not run; what they say afterwards, the model reads. */
export function hookedTool(tool: Tool, { hooks, leave }: { readonly hooks: Hooks; readonly leave: Leave }): Tool {
  const { name } = tool.spec;
  return {
    ...tool,
    async *run(call, context) {
      const facts = { tool_name: name, tool_input: call.arguments };
      const before = yield* hooks.fire('BeforeTool', facts, name);
      if (before.decision === 'deny') return { ok: false, content: `A hook forbids it: ${before.reason}` };
      if (before.decision === 'ask') {
        const detail = JSON.stringify(call.arguments);
        const { decision, text = '' } = yield* leave.ask({
          ...{ action: name, detail, reason: before.reason, callId: call.id },
        });
        if (decision === 'deny') return { ok: false, content: `This is not permitted. ${text || before.reason}` };
      }
      const outcome = yield* tool.run(call, context);
      const after = yield* hooks.fire('AfterTool', { ...facts, tool_response: outcome.content }, name);
      const said = [before.context, after.context, after.decision === 'deny' ? after.reason : ''].filter(Boolean);
      if (said.length === 0) return outcome;
      return {
        ...outcome,
        ok: outcome.ok && after.decision !== 'deny',
        content: [outcome.content, ...said].join('\n'),
      };
    },
  };
}

/** A tool that the prompt of the session names, and that is not for the agent of this turn. */
export function closedTool(tool: Tool): Tool {
  return {
    spec: tool.spec,
    reads: true,
    async *run() {
      return { ok: false, content: `${tool.spec.name} is not for this turn. Do without it.` };
    },
  };
}
