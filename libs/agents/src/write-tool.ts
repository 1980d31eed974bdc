import { z } from 'zod';
import { applyEdit, editInstructions } from './edit-formats.ts';
import { plainPath } from './plain-path.ts';
import { defineActing, unableToAct } from './tool.ts';

/** Makes a file. One that exists is never written over: what a model does not repeat would be lost. */
export const writeTool = defineActing({
  name: 'write',
  description: 'Make a new file. Write its content in a fenced block before the call.',
  takesBody: true,
  parameters: z.object({ path: z.string().min(1) }),
  async *run({ path: named }, { actions, body }, callId) {
    if (!actions) return unableToAct;
    const path = plainPath(named);
    const source = await actions.source(path);
    if (source && source.text.trim() !== '')
      return { ok: false, content: `${path} exists already and is not written over. Change it with edit.` };
    if (body === undefined)
      return {
        ok: true,
        wantsBody: true,
        content: `Now the content of ${path}. ${editInstructions['whole-file']}`,
      };
    const written = applyEdit({ format: 'whole-file', file: '', answer: body.text, raw: body.raw, target: { path } });
    if (!written.ok)
      return { ok: false, wantsBody: true, content: `${written.reason}\n\n${editInstructions['whole-file']}` };
    const outcome = yield* actions.change({
      callId,
      tool: 'write',
      files: [{ path, content: written.text, expects: source?.hash ?? null }],
      label: `write ${path}`,
    });
    return { ok: outcome.ok, content: outcome.content, ...(outcome.state !== 'refused' && { change: outcome.state }) };
  },
});
