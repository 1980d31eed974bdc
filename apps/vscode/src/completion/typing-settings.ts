import type { TypingSettings } from '@nootropic/client';
import { workspace } from 'vscode';

/** The editor's settings of suggestions, as they are now. What is left to the engine is not among them. */
export function typingSettings(): Partial<TypingSettings> {
  const settings = workspace.getConfiguration('nootropic.completion');
  return {
    enabled: settings.get('enabled', true),
    languagesOff: settings.get<string[]>('languagesOff', []),
    inComments: settings.get('inComments', true),
    lines: settings.get<TypingSettings['lines']>('lines', 'auto'),
    ahead: settings.get('ahead', true),
  };
}
