import { describe, expect, it } from 'vitest';
import { tryChat, turnOf } from './chat.test-fixture.ts';
import { slashCommands } from './slash-commands.ts';

async function said(line: string, host: Parameters<typeof tryChat>[1] = {}): Promise<string> {
  await using tried = await tryChat(turnOf(), host);
  tried.chat.say(line);
  await tried.settle();
  const { state, flash } = tried.chat.view();
  return [...state.items.map((item) => ('text' in item ? item.text : '')), flash].join('\n');
}

describe('slash commands', () => {
  it('are listed by /help, every one', async () => {
    const help = await said('/help');
    for (const { name } of slashCommands) expect(help).toContain(`/${name}`);
  });

  it('undo, redo and show what was changed', async () => {
    expect(await said('/undo')).toContain('**Taken back:** 1 edit src/a.ts');
    expect(await said('/redo 1')).toContain('**Made again:**');
    expect(await said('/undo x')).toContain('no number of a step');
    expect(await said('/diff')).toContain('+newer');
    expect(await said('/history')).toContain('edit src/a.ts');
  });

  it('go back to before a turn, or list the turns', async () => {
    const asked: unknown[] = [];
    const rewind: NonNullable<NonNullable<Parameters<typeof tryChat>[1]>['host']>['rewind'] = async (input) => {
      asked.push(input);
      return { session: { id: 's', title: '', workspace: '/w', createdAt: 0, updatedAt: 0, events: 0 } };
    };
    await using tried = await tryChat(turnOf(), { host: { rewind } });
    tried.chat.say('hello');
    await tried.settle();
    tried.chat.say('/rewind');
    await tried.settle();
    expect(tried.chat.view().state.items.at(-1)).toMatchObject({
      kind: 'local',
      text: expect.stringContaining('`t1`'),
    });
    tried.chat.say('/rewind t1 code');
    await tried.settle();
    expect(asked).toEqual([{ id: 'aaaaaaaa-1', turnId: 't1', what: 'code' }]);
  });

  it('switch the mode, but to auto only where that was allowed for the folder', async () => {
    expect(await said('/mode auto-edit')).toContain('**auto-edit**');
    expect(await said('/mode auto')).toContain('nootropic trust --unattended');
    expect(await said('/mode')).toContain('The mode is **ask**');
  });

  it('send a persona what it is for, with the change', async () => {
    const file = {
      ...{ path: 'a.ts', change: 'modified' as const, shown: 'whole' as const },
      ...{ added: 1, removed: 0, binary: false, places: [] },
    };
    const diff = async () => ({ text: '+let a;', files: [file] });
    await using tried = await tryChat(turnOf(), { host: { diff } });
    tried.chat.say('/review main');
    await tried.settle();
    expect(tried.sent).toMatchObject([{ agent: 'review', attachments: [{ kind: 'text', text: '+let a;' }] }]);
    expect(await said('/commit')).toContain('Nothing is staged.');
  });

  it('hand a command that a file defines to the assistant, and name what was probably meant', async () => {
    const origin = { scope: 'user' as const, path: 'fix.md', hash: 'h' };
    const nothing = {
      trusted: true,
      unattended: false,
      instructions: [],
      agents: [],
      skills: [],
      hooks: [],
      ignored: [],
    };
    const show = async () => ({ ...nothing, commands: [{ name: 'fix', description: 'fixes it', origin }] });
    await using tried = await tryChat(turnOf(), { host: { changes: { trust: { show, set: show } } } });
    tried.chat.say('/fix the tests');
    await tried.settle();
    expect(tried.sent).toMatchObject([{ text: '/fix the tests' }]);
    expect(await said('/udno')).toContain('Did you mean /undo?');
  });

  it('wait while the agent works where they would get in its way', async () => {
    await using tried = await tryChat(async function* ({ input, signal }) {
      yield { type: 'turn-start', text: input.text, agent: 'coder', workspace: '/w' };
      await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
    });
    tried.chat.say('work');
    await tried.settle();
    tried.chat.say('/undo');
    await tried.settle();
    expect(tried.chat.view().flash).toContain('/undo waits');
  });
});
