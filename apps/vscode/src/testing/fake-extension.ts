import type { Assistant, TurnEvent } from '@nootropic/contracts';
import type { Attachable, FaceCommand } from '@nootropic/ui';
import type { SeenEvent } from '../edits/turn-watch.ts';
import type { Extension } from '../extension-parts.ts';
import type { HostState } from '../host/host-state.ts';

type Deep<T> = { [K in keyof T]?: T[K] extends (...args: never[]) => unknown ? T[K] : Deep<T[K]> };

export interface FakeExtension extends Extension {
  readonly told: unknown[];
  readonly chats: (FaceCommand | undefined)[];
  isTrusted: boolean;
  /** Lets the host be in another state. */
  become(state: HostState): void;
  /** Lets an event of a turn in `/home/me/code` pass the window. */
  see(event: Record<string, unknown>): void;
}

export interface FakeExtensionOptions {
  /** What the assistant can do; the rest of it must not be called. */
  readonly assistant?: Deep<Assistant>;
  readonly ask?: Extension['ask'];
  readonly host?: HostState;
}

/** The extension as its parts see it, with one folder `/home/me/code`. */
export function createFakeExtension({ assistant = {}, ask, host }: FakeExtensionOptions = {}): FakeExtension {
  const listeners = new Set<(seen: SeenEvent) => void>();
  const hostListeners = new Set<(state: HostState) => void>();
  const told: unknown[] = [];
  const chats: (FaceCommand | undefined)[] = [];
  let seq = 0;
  const kept = new Map<string, unknown>();
  const extension = {
    context: {
      subscriptions: [],
      extension: { id: 'nootropic.nootropic-vscode' },
      extensionUri: { scheme: 'file', path: '/extension' },
      globalState: {
        get: (key: string) => kept.get(key),
        update: async (key: string, value: unknown) => kept.set(key, value),
      },
    },
    output: { info: () => undefined, debug: () => undefined, error: () => undefined },
    ...{ told, chats, isTrusted: true },
    assistant: async () => assistant as Assistant,
    endpoint: async () => ({
      url: 'http://127.0.0.1:1',
      token: 't',
      version: '0.1.0',
      program: ['/bin/nootropic'] as const,
    }),
    ask: ask ?? (() => Promise.reject(new Error('Nothing may be asked.'))),
    onTurnEvent(listener: (seen: SeenEvent) => void) {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
    workspaceFolder: () => '/home/me/code',
    host: host ?? { kind: 'ready', url: 'http://127.0.0.1:1', version: '0.1.0' },
    onHostChange(listener: (state: HostState) => void) {
      hostListeners.add(listener);
      return { dispose: () => hostListeners.delete(listener) };
    },
    become: (state: HostState) => hostListeners.forEach((listener) => listener(state)),
    tell: (error: unknown) => void told.push(error),
    openChat: async (command?: FaceCommand) => void chats.push(command),
    see(event: Record<string, unknown>) {
      seq += 1;
      const whole = { seq, sessionId: 's', turnId: 't', time: 1, ...event } as TurnEvent;
      for (const listener of listeners) listener({ workspace: '/home/me/code', event: whole });
    },
  };
  return extension as unknown as FakeExtension;
}

/** A stream of given items, as the assistant gives one. */
export async function* streamOf<T>(...items: readonly T[]): AsyncGenerator<T, void, void> {
  yield* items;
}

/** The attachment of a question that was given to the chat. */
export type ChatAttachment = Attachable['attachment'];
