import type { Attachable, FaceCommand } from '@nootropic/ui';
import { z } from 'zod';

/** Marks what page and extension say to each other, beside the requests of the page (`frame-fetch` of the client). */
const channel = z.literal('nootropic-page');
const place = z.object({ path: z.string().min(1).max(4096), line: z.int().positive().optional() });
const id = z.int().positive();

/** What the page of the chat may tell or ask the extension. Anything else is ignored. */
export const pageMessageSchema = z.discriminatedUnion('type', [
  z.object({ channel, type: z.literal('ready') }),
  z.object({ channel, type: z.literal('keep'), key: z.string().min(1).max(200), value: z.unknown() }),
  z.object({ channel, type: z.literal('open-file'), place }),
  z.object({ channel, type: z.literal('open-link'), url: z.url({ protocol: /^https?$/u }).max(8000) }),
  z.object({
    channel,
    type: z.literal('save-text'),
    name: z.string().min(1).max(255),
    text: z.string().max(100_000_000),
  }),
  z.object({ channel, type: z.literal('notify'), title: z.string().max(200), text: z.string().max(2000) }),
  z.object({ channel, type: z.literal('attachables'), id }),
  z.object({ channel, type: z.literal('pick-folder'), id }),
  z.object({ channel, type: z.literal('open-folder') }),
]);
export type PageMessage = z.infer<typeof pageMessageSchema>;

/** What the extension tells the page. */
export type ExtensionMessage = { readonly channel: 'nootropic-page' } & (
  | {
      readonly type: 'start';
      /** Absolute path of the folder; unset where none is open. */
      readonly workspace?: string;
      /** What `keep` was told before. */
      readonly kept: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'command'; readonly command: FaceCommand }
  | { readonly type: 'attachables'; readonly id: number; readonly items: readonly Attachable[] }
  | { readonly type: 'folder'; readonly id: number; readonly path?: string }
);
