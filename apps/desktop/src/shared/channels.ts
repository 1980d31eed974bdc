import { z } from 'zod';
import type { ChannelName, NoticeName } from './channel-names.ts';

const text = (most: number) => z.string().max(most);
const nothing = z.undefined();

/** A folder as the system writes it. */
const folder = text(4096).min(1);

/** What main tells the page of itself. */
export const stateSchema = z.strictObject({
  version: text(100),
  workspace: folder.optional(),
  recent: z.array(folder).max(20),
  /** `plain`: what is kept as a secret lies readable on the disk, since this system has no keychain that Electron knows. */
  secrets: z.enum(['encrypted', 'plain', 'none']),
  platform: z.enum(['linux', 'darwin', 'win32']),
});
export type DesktopState = z.infer<typeof stateSchema>;

/** How things stand with the host, as the page and the tray show it. */
export const hostStateSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('starting') }),
  z.strictObject({ state: z.literal('ready'), version: text(100) }),
  z.strictObject({ state: z.literal('failed'), code: text(100), message: text(4000), hint: text(4000) }),
]);
export type HostState = z.infer<typeof hostStateSchema>;

/** As `FaceCommand` of the page; nothing of it is sent to a model without a person. */
export const commandSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('show'), view: text(40) }),
  z.strictObject({ type: z.literal('open-session'), sessionId: z.uuid() }),
  z.strictObject({ type: z.literal('new-session') }),
  z.strictObject({ type: z.literal('palette') }),
  z.strictObject({ type: z.literal('ask'), text: text(20_000) }),
]);
export type DesktopCommand = z.infer<typeof commandSchema>;

const json: z.ZodType<unknown> = z.json();

/** What the page may ask of main: one schema for what goes in and one for what comes out. Main refuses whatever does not meet them. */
export const channels = {
  'state:get': { input: nothing, output: stateSchema },
  'host:get': { input: nothing, output: hostStateSchema },
  'host:again': { input: nothing, output: nothing },
  'folder:pick': { input: nothing, output: folder.optional() },
  /** One of `recent`, and no other: a page cannot name a folder that no person has chosen. */
  'folder:open': { input: folder, output: nothing },
  /** Opens after a person has confirmed it; gives whether they did. */
  'link:open': { input: z.url({ protocol: /^https?$/u }).max(4000), output: z.boolean() },
  'text:save': {
    input: z.strictObject({
      name: z.string().regex(/^[^/\\\0-\u001f:*?"<>|]{1,200}$/u),
      text: text(50_000_000),
    }),
    output: z.boolean(),
  },
  'notice:show': { input: z.strictObject({ title: text(200), text: text(2000) }), output: nothing },
  'keep:all': { input: nothing, output: z.record(z.string(), json) },
  'keep:write': { input: z.strictObject({ key: z.string().regex(/^[\w.:-]{1,200}$/u), value: json }), output: nothing },
  /**
   * Keys of providers. A key goes in and never comes out again. `host`: the host was not started by this app and cannot be given it, so that it must keep it itself;
   * `kept`: it has it now; `later`: it works for somebody, and gets it when it starts next.
   */
  'secret:list': { input: nothing, output: z.array(text(100)).max(100) },
  'secret:keep': {
    input: z.strictObject({
      provider: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/u),
      key: text(10_000).min(1),
      /** That it may lie readable on the disk, where there is no keychain. */
      plainToo: z.boolean(),
    }),
    output: z.enum(['kept', 'later', 'host']),
  },
  'secret:forget': { input: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/u), output: nothing },
  'update:check': {
    input: nothing,
    output: z.strictObject({ state: z.enum(['off', 'newest', 'found']), version: text(100).optional() }),
  },
} as const satisfies Record<ChannelName, { readonly input: z.ZodType; readonly output: z.ZodType }>;
export type ChannelInput<Name extends ChannelName> = z.infer<(typeof channels)[Name]['input']>;
export type ChannelOutput<Name extends ChannelName> = z.infer<(typeof channels)[Name]['output']>;

/** What main tells the page unasked. */
export const notices = {
  host: hostStateSchema,
  command: commandSchema,
  /** The folder is another one: the page begins anew. */
  workspace: folder,
} as const satisfies Record<NoticeName, z.ZodType>;

/** What the page has of main. */
export interface DesktopBridge {
  ask<Name extends ChannelName>(name: Name, input: ChannelInput<Name>): Promise<ChannelOutput<Name>>;
  /** Gives what ends it. */
  listen<Name extends NoticeName>(name: Name, listener: (value: z.infer<(typeof notices)[Name]>) => void): () => void;
}
