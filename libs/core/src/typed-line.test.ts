import * as testing from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { find } from './assistant.fixture.ts';
import { say, steps, taskSubjectsOn, typesOf, workspaceOrigin } from './task.fixture.ts';

const taskSubject = taskSubjectsOn(testing);

describe('a line that begins with `!`', () => {
  it('runs as the agent’s own command would, without a model, and is read by the model with the next turn', async () => {
    const { send, requests, sessions } = await taskSubject({
      play: steps(say('It is 24.')),
      shell: () => ({ stdout: 'v24.1.0\n' }),
    });
    const events = await send({ text: '! node --version' });
    expect(typesOf(events)).toEqual(['turn-start', 'tool-call', 'progress', 'tool-result', 'turn-end']);
    expect(find(events, 'tool-call')?.call).toMatchObject({ name: 'run', arguments: { line: 'node --version' } });
    expect(find(events, 'tool-result')).toMatchObject({ ok: true, content: expect.stringContaining('v24.1.0') });
    expect(requests).toHaveLength(0);
    const sessionId = events[0]?.sessionId ?? '';
    await send({ text: 'Which version is it?', sessionId });
    expect(requests[0]?.messages.map(({ content }) => content).join('\n')).toContain('v24.1.0');
    expect(await sessions.read(sessionId)).toContainEqual(
      expect.objectContaining({ type: 'tool-result', name: 'run' }),
    );
  });

  it('is recorded for undo', async () => {
    const { send, place, assistant } = await taskSubject({
      shell: async (_line, files) => {
        await files.write('src/a.ts', 'changed\n');
        return {};
      },
    });
    const events = await send({ text: '!sed -i s/one/changed/ src/a.ts' });
    expect(find(events, 'file-change')).toMatchObject({ path: 'src/a.ts' });
    await assistant.changes.undo({ workspace: '/w' });
    expect(await place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
  });

  it('is refused like any other command', async () => {
    const { send, place } = await taskSubject({ answer: () => ({ decision: 'deny' }) });
    const events = await send({ text: '!rm -rf src' });
    expect(find(events, 'tool-result')).toMatchObject({ ok: false });
    expect(await place.text('src/a.ts')).toBe('one\ntwo\nthree\n');
  });
});

describe('a line that begins with a slash', () => {
  const command = (more: object = {}) => ({
    ...{
      name: 'fix',
      description: 'mends',
      prompt: 'Mend $ARGUMENTS.',
      origin: workspaceOrigin('.nootropic/commands/fix.md'),
    },
    ...more,
  });
  const with1 = (more: object = {}, trusted = true) =>
    taskSubject({
      play: steps(say('Done.')),
      trusted,
      customizations: testing.createMemoryCustomizations({ found: { commands: [command(more)] } }),
      ports: { expandCommand: ({ prompt }, typed) => prompt.replace('$ARGUMENTS', typed) },
    });

  it('is the prompt of the file that defines it', async () => {
    const { send } = await with1();
    expect(find(await send({ text: '/fix the parser' }), 'turn-start')).toMatchObject({
      text: 'Mend the parser.',
      mode: 'ask',
    });
  });

  it('may make the turn ask for more, and never for less', async () => {
    const loose = await with1({ mode: 'auto-edit' });
    expect(find(await loose.send({ text: '/fix it' }), 'turn-start')).toMatchObject({ mode: 'ask' });
    const unsaid = await loose.send({ text: '/fix it', mode: undefined, agent: 'code' });
    expect(find(unsaid, 'turn-start')).toMatchObject({ mode: 'ask' });
    const strict = await with1({ mode: 'plan' });
    expect(find(await strict.send({ text: '/fix it' }), 'turn-start')).toMatchObject({ mode: 'plan' });
  });

  it('stays as it is where no file defines it, or the folder is not trusted', async () => {
    const { send } = await with1();
    expect(find(await send({ text: '/other it' }), 'turn-start')).toMatchObject({ text: '/other it' });
    const untrusted = await with1({}, false);
    expect(find(await untrusted.send({ text: '/fix it' }), 'turn-start')).toMatchObject({ text: '/fix it' });
  });
});
