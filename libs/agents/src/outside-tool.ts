import type { OutsideTool } from '@nootropic/contracts';
import { flatSchema } from './flat-schema.ts';
import { cutContent, maxContentLength, unableToAct, type Tool } from './tool.ts';

/** A tool of another program, found by `find-tools`. Whether it may be called is decided where it is called; its arguments are judged by that program. */
export function outsideTool({ name, description, parameters }: OutsideTool): Tool {
  return {
    spec: { name, description, parameters: flatSchema(parameters) },
    reads: false,
    async *run(call, { actions }) {
      if (!actions?.call) return unableToAct;
      const outcome = yield* actions.call({ callId: call.id, name, arguments: call.arguments });
      return { ...outcome, content: cutContent(outcome.content, maxContentLength) };
    },
  };
}
