import { z } from 'zod';

/** A call of a tool by the model. `arguments` is already parsed; a call that could not be parsed never becomes one. */
export const toolCallSchema = z.object({
  id: z.string(),
  name: z.string(),
  arguments: z.record(z.string(), z.unknown()),
});
export type ToolCall = z.infer<typeof toolCallSchema>;

/** A picture, as its file holds it. */
export const imageSchema = z.object({
  mediaType: z.enum(['image/png', 'image/jpeg', 'image/webp', 'image/gif']),
  /** Base64, without line breaks. At most 5 MB once decoded. */
  data: z.base64().max(7_000_000),
});
export type Image = z.infer<typeof imageSchema>;

/**
 * One message of the prompt. `tool` messages answer a call by its id.
 * Text is plain UTF-8; nothing here knows a model's chat template.
 */
export const messageSchema = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content: z.string() }),
  z.object({
    role: z.literal('user'),
    content: z.string(),
    /** Pictures that belong to the text. Only for a model that can `see`. */
    images: z.array(imageSchema).optional(),
  }),
  z.object({ role: z.literal('assistant'), content: z.string(), toolCalls: z.array(toolCallSchema).optional() }),
  z.object({ role: z.literal('tool'), toolCallId: z.string(), name: z.string(), content: z.string() }),
]);
export type Message = z.infer<typeof messageSchema>;

/** A tool as the model sees it. `parameters` is a flat JSON Schema object, so that it compiles to a grammar. */
export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What a user sends along with a question: text from a pipe or an editor, a range of a file, or a picture for a model that can `see`. */
export const attachmentSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), name: z.string(), text: z.string() }),
  z.object({
    kind: z.literal('file'),
    path: z.string(),
    startLine: z.int().positive().optional(),
    endLine: z.int().positive().optional(),
  }),
  z.object({ kind: z.literal('image'), name: z.string(), ...imageSchema.shape }),
]);
export type Attachment = z.infer<typeof attachmentSchema>;
