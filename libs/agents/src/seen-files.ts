import type { ContextBlock, ToolCall } from '@nootropic/contracts';
import { plainPath } from './plain-path.ts';

/** Which files the model was shown, as they are now. */
export interface SeenFiles {
  has(path: string): boolean;
  add(path: string): void;
}

/**
 * Which files a session's events have shown to the model: passages it was given, lines it read, files it wrote. A file that something else
 * changed since counts no more, and a compaction takes with it what it left out.
 */
export function createSeenFiles(events: readonly { readonly type: string }[] = []): SeenFiles & {
  note(event: { readonly type: string }): void;
} {
  const paths = new Set<string>();
  const calls = new Map<string, ToolCall>();
  const seen = {
    has: (path: string) => paths.has(plainPath(path)),
    add: (path: string) => void paths.add(plainPath(path)),
    note(event: { readonly type: string }) {
      if (is<{ blocks: readonly Pick<ContextBlock, 'citation'>[] }>(event, 'context-ready'))
        for (const { citation } of event.blocks) seen.add(citation.path);
      else if (is<{ call: ToolCall }>(event, 'tool-call')) calls.set(event.call.id, event.call);
      else if (is<{ callId: string; ok: boolean }>(event, 'tool-result')) showResult(event);
      else if (is<{ path: string }>(event, 'file-change')) paths.delete(plainPath(event.path));
      else if (event.type === 'compaction' || event.type === 'rewind') paths.clear();
    },
  };
  function showResult({ callId, ok }: { callId: string; ok: boolean }) {
    const call = calls.get(callId);
    const path = call?.arguments['path'];
    if (typeof path !== 'string' || !showing.has(call?.name ?? '')) return;
    // An edit that failed has shown the lines, too.
    if (ok || call?.name !== 'read') seen.add(path);
  }
  for (const event of events) seen.note(event);
  return seen;
}

const showing = new Set(['read', 'edit', 'write']);

function is<T>(event: { readonly type: string }, type: string): event is { type: string } & T {
  return event.type === type;
}
