import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import nls from '../../package.nls.json' with { type: 'json' };
import { createFakeEditor } from '../testing/fake-editor.ts';
import { createFakeExtension } from '../testing/fake-extension.ts';
import { activateGuide } from './activate-guide.ts';

const [walkthrough] = manifest.contributes.walkthroughs;
const steps = walkthrough?.steps ?? [];

describe('the walkthrough', () => {
  it('has four to six steps, each with a picture and something that completes it', () => {
    expect(steps.length).toBeGreaterThanOrEqual(4);
    expect(steps.length).toBeLessThanOrEqual(6);
    const commands = manifest.contributes.commands.map(({ command }) => command);
    for (const { media, completionEvents } of steps) {
      expect(existsSync(join(import.meta.dirname, '../..', media.svg))).toBe(true);
      expect(completionEvents.length).toBeGreaterThan(0);
      for (const event of completionEvents) {
        const [kind, name = ''] = event.split(':');
        expect(['onCommand', 'onContext']).toContain(kind);
        if (kind === 'onCommand' && name.startsWith('nootropic.')) expect(commands).toContain(name);
      }
    }
  });

  it('names only words that there are, and only commands that there are', () => {
    const text = JSON.stringify(manifest);
    for (const [, key = ''] of text.matchAll(/"%([^"%]+)%"/gu)) expect(nls).toHaveProperty([key]);
    for (const key of Object.keys(nls)) expect(text).toContain(`"%${key}%"`);
    const commands = new Set(manifest.contributes.commands.map(({ command }) => command));
    for (const [, command = ''] of JSON.stringify(nls).matchAll(/\(command:(nootropic\.[\w.]+)/gu))
      expect(commands).toContain(command);
  });

  it('ticks what was done, when it is done and when it is opened later', async () => {
    const editor = createFakeEditor();
    const extension = createFakeExtension();
    activateGuide(extension, editor.vscode);
    const ticked = () =>
      editor.ran.filter(({ command, args }) => command === 'setContext' && args[1] === true).map(({ args }) => args[0]);
    extension.become({ kind: 'starting' });
    expect(ticked()).toEqual([]);
    extension.become({ kind: 'ready', url: 'http://127.0.0.1:1', version: '0.1.0' });
    await vi.waitFor(() => expect(ticked()).toEqual(['nootropic.hasHost']));
    extension.see({ type: 'turn-end' });
    await editor.run('nootropic.guide.undo');
    await vi.waitFor(() => expect(ticked()).toHaveLength(3));
    await editor.run('nootropic.guide.open');
    expect(ticked().slice(3)).toEqual(['nootropic.hasHost', 'nootropic.hasAnswer', 'nootropic.hasUndone']);
    expect(editor.ran.find(({ command }) => command === 'workbench.action.openWalkthrough')).toBeDefined();
    expect([...editor.context.values()]).toEqual([false, false, false]);
  });
});
