import * as vscode from 'vscode';
import type { ExtensionContext } from 'vscode';
import { activateActions } from './actions/activate-actions.ts';
import { activateChat } from './chat/activate-chat.ts';
import { activateCompletion } from './completion/activate-completion.ts';
import { createExtension } from './create-extension.ts';
import { activateEdits } from './edits/activate-edits.ts';
import { activateGuide } from './guide/activate-guide.ts';
import { activateHost } from './host/activate-host.ts';
import { activateLenses } from './lenses/activate-lenses.ts';
import { activateModels } from './models/activate-models.ts';
import { activateReview } from './review/activate-review.ts';
import { activateScm } from './scm/activate-scm.ts';

/** What other extensions and tests may know. */
export interface ExtensionFacts {
  /** Milliseconds that `activate` took, and how much of them the process worked. */
  readonly activationMs: number;
  readonly activationCpuMs: number;
}

/** What the extension does with the editor's own surfaces: diffs, menus, comments, lenses, its chat. */
const surfaces = [
  activateEdits,
  activateActions,
  activateScm,
  activateReview,
  activateLenses,
  activateModels,
  activateGuide,
];

/**
 * Called by the editor once it has started. Only registers: the host is asked for, and what is large is loaded, when something is used.
 */
export function activate(context: ExtensionContext): ExtensionFacts {
  const began = performance.now();
  const cpu = process.cpuUsage();
  const extension = createExtension(context);
  activateHost(extension);
  activateChat(extension);
  activateCompletion(extension);
  for (const part of surfaces) part(extension, vscode);
  const activationMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  const activationCpuMs = (user + system) / 1000;
  extension.output.info(`Activated in ${activationMs.toFixed(1)} ms, ${activationCpuMs.toFixed(1)} ms of work.`);
  return { activationMs, activationCpuMs };
}
