import type { TypingState } from '@nootropic/client';
import type { HostState } from '../host/host-state.ts';
import { completionStrings } from './completion-strings.ts';

/** What a status bar shows of suggestions: an icon, and a sentence that says why. */
export interface CompletionStatus {
  /** Of the editor's icons. All are of one width, so that nothing beside it moves. */
  readonly icon: 'sparkle' | 'loading~spin' | 'check' | 'circle-slash' | 'warning' | 'dash';
  readonly text: string;
  /** Whether a person has to do something before there are suggestions. */
  readonly isWarning: boolean;
}

/** Reasons that pass by themselves, or that the person made with the key before: no reason to look at the status bar. */
const passing: ReadonlySet<string> = new Set([
  'selecting',
  'deleting',
  'middle-of-word',
  'stale',
  'waiting',
  'comment',
  'nothing',
]);

export function completionStatus(
  state: TypingState,
  { enabled, host }: { readonly enabled: boolean; readonly host: HostState },
): CompletionStatus {
  const { off, idle, asking, shown, from } = completionStrings;
  if (!enabled) return { icon: 'circle-slash', text: off, isWarning: false };
  if ('error' in host)
    return { icon: 'warning', text: `${host.error.message} ${host.error.hint}`.trim(), isWarning: true };
  switch (state.state) {
    case 'idle':
      return { icon: 'sparkle', text: idle, isWarning: false };
    case 'asking':
      return { icon: 'loading~spin', text: asking, isWarning: false };
    case 'shown': {
      const { model, from: source, tookMs } = state.suggestion;
      return { icon: 'check', text: shown(model, from[source], tookMs), isWarning: false };
    }
    case 'none': {
      const { reason, text } = state;
      if (passing.has(reason)) return { icon: 'dash', text, isWarning: false };
      const isWarning = ['no-host', 'no-model', 'failed'].includes(reason);
      return { icon: isWarning ? 'warning' : 'circle-slash', text, isWarning };
    }
  }
}
