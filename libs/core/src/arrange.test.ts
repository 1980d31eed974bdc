import type { GenerateRequest, Message, ToolSpec } from '@nootropic/contracts';
import { agentTraces } from '@nootropic/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createArranger, type Arranged } from './arrange.ts';

type Request = Pick<GenerateRequest, 'messages' | 'tools'>;

const system = (content: string): Message => ({ role: 'system', content });
const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });
const arrange = (request: Request): Arranged => createArranger().arrange(request, 'me');

/** What a model reads: the system messages, then the tools, then the rest, as the templates of open models have it. */
function prompt({ messages, tools = [] }: Request): string {
  const rest = messages.findIndex(({ role }) => role !== 'system');
  const cut = rest === -1 ? messages.length : rest;
  return [...messages.slice(0, cut), ...tools, ...messages.slice(cut)].map((part) => JSON.stringify(part)).join('\n');
}

/** Words that are not read anew, where all that was read before is still held. */
function evaluated(requests: readonly Request[]): number {
  const held: string[][] = [];
  let sum = 0;
  for (const request of requests) {
    const words = prompt(request).split(/(?<=\W)/u);
    let shared = 0;
    for (const other of held) {
      let at = 0;
      while (at < words.length && words[at] === other[at]) at += 1;
      shared = Math.max(shared, at);
    }
    sum += words.length - shared;
    held.push(words);
  }
  return sum;
}

const inOrder = (requests: readonly Request[]): Arranged[] => {
  const arranger = createArranger();
  return requests.map((request) => {
    const arranged = arranger.arrange(request, 'me');
    arranged.keep();
    return arranged;
  });
};

describe('requests of agents, arranged', () => {
  it.each(agentTraces({ conversations: 3 }))('$agent read a fraction of what they read as they are', ({ requests }) => {
    const asSent = evaluated(requests);
    const better = evaluated(inOrder(requests));
    expect(better / asSent).toBeLessThan(0.5);
  });

  it.each(agentTraces())(
    '$agent: every prompt goes on where the last one of its conversation ended',
    ({ requests }) => {
      const all = inOrder(requests);
      for (const [index, { messages }] of all.entries()) {
        const next = all[index + 1];
        // A conversation begins with two messages and grows.
        if (!next || next.messages.length < messages.length) continue;
        expect(next.messages.slice(0, messages.length)).toEqual(messages);
        expect(next.tools).toEqual(all[index]?.tools);
      }
    },
  );
});

describe('what may change', () => {
  const env = (date: string) => `<env>\nWorking directory: /app\nToday's date: ${date}\n</env>`;

  it('goes to the first message of the user, with its meaning, and leaves a system prompt that is always the same', () => {
    const one = arrange({ messages: [system(`Be good.\n${env('2026-01-01')}\nBe quick.`), user('hello')] });
    const two = arrange({ messages: [system(`Be good.\n${env('2026-01-02')}\nBe quick.`), user('good-bye')] });
    expect(one.changes).toEqual(['volatile-moved']);
    expect(one.messages[0]).toEqual(two.messages[0]);
    expect(one.messages[1]?.content).toContain(env('2026-01-01'));
    expect(one.messages[1]?.content.endsWith('\n\nhello')).toBe(true);
  });

  it.each([
    ['Current date and time: Monday, March 9, 2026 at 06:00:31 PM PDT', 'pi'],
    ['- **Current Working Directory:** /home/me/app', 'Cline'],
    ["Today's date is 2026-03-09.", 'many'],
    ['<CURRENT_DATETIME>\nThe current date and time is: 2026-06-11T00:44:42.714237\n</CURRENT_DATETIME>', 'OpenHands'],
    [
      'gitStatus: This is the git status at the start of the conversation.\nCurrent branch: main\n\nStatus:\n M a.ts\n\nRecent commits:\nabc Do',
      'Claude Code',
    ],
    ['<environment_context>\n  <cwd>/app</cwd>\n</environment_context>', 'Codex'],
  ])('is %j, as %s writes it', (line) => {
    const { messages } = arrange({ messages: [system(`Be good.\n${line}\n# Rules\nNone.`), user('hello')] });
    expect(messages[0]?.content).not.toContain(line);
    expect(messages[0]?.content).toMatch(/^Be good\.\n[^]*# Rules\nNone\.$/u);
    expect(messages[1]?.content).toContain(line);
  });

  it('is one sentence among others too', () => {
    const text = 'You are kind. The current date and time is Friday, March 6, 2026 9:41 AM. Answer in English.';
    const { messages } = arrange({ messages: [system(text), user('hello')] });
    expect(messages[0]?.content).toBe('You are kind. Answer in English.');
    expect(messages[1]?.content).toContain('The current date and time is Friday, March 6, 2026 9:41 AM.');
  });

  it('is not a rule that speaks of dates and folders', () => {
    const text = [
      'Date: always in ISO format',
      'The current working directory is reset between commands.',
      'Current time is never to be guessed; use the tool.',
      'If the date is unknown, ask.',
    ].join('\n');
    expect(arrange({ messages: [system(text), user('hello')] }).changes).toEqual([]);
  });

  it('stays where nobody speaks, and in what users, models and tools say', () => {
    const alone = [system(env('2026-01-01'))];
    expect(arrange({ messages: alone }).messages).toEqual(alone);
    const said: Message[] = [
      user(env('2026-01-01')),
      assistant('Current date: 2026-01-01'),
      { role: 'tool', toolCallId: 'a', name: 'date', content: 'Today is 2026-01-01.' },
    ];
    expect(arrange({ messages: said }).messages).toEqual(said);
  });

  it('is told again with the newest message when it has changed, and stays where it was told before', () => {
    const requests = [
      [system(env('2026-01-01')), user('one')],
      [system(env('2026-01-02')), user('one'), assistant('1'), user('two')],
      [system(env('2026-01-02')), user('one'), assistant('1'), user('two'), assistant('2'), user('three')],
    ].map((messages) => ({ messages }));
    const [, second, third] = inOrder(requests);
    expect(second?.messages.map(({ content }) => /date: ([\d-]+)/u.exec(content)?.[1])).toEqual([
      undefined,
      '2026-01-01',
      undefined,
      '2026-01-02',
    ]);
    expect(third?.messages.slice(0, 4)).toEqual(second?.messages);
    expect(third?.messages.at(-1)).toEqual(user('three'));
  });

  it('comes as a message of its own after the result of a tool', () => {
    const call = { id: 'a', name: 'ls', arguments: {} };
    const result: Message = { role: 'tool', toolCallId: 'a', name: 'ls', content: 'b.ts' };
    const step: Message = { role: 'assistant', content: '', toolCalls: [call] };
    const [, second] = inOrder([
      { messages: [system(env('2026-01-01')), user('one')] },
      { messages: [system(env('2026-01-02')), user('one'), step, result] },
    ]);
    expect(second?.messages.slice(2, 4)).toEqual([step, result]);
    expect(second?.messages[4]).toMatchObject({
      role: 'user',
      content: expect.stringContaining('2026-01-02') as string,
    });
  });

  it('of one conversation never comes into another that begins with the same words', () => {
    const arranger = createArranger();
    const ask = (date: string, client: string, ...rest: Message[]) => {
      const arranged = arranger.arrange({ messages: [system(env(date)), user('hi'), ...rest] }, client);
      arranged.keep();
      return JSON.stringify(arranged.messages);
    };
    ask('2026-01-01', 'a');
    expect(ask('2026-01-02', 'a')).not.toContain('2026-01-01');
    expect(ask('2026-01-01', 'a', assistant('yes'), user('go'))).not.toContain('2026-01-02');
    expect(ask('2026-01-02', 'a', assistant('no'), user('go'))).not.toContain('2026-01-01');
    expect(ask('2026-01-09', 'b', assistant('no'), user('go'))).not.toContain('2026-01-0[12]');
  });

  it('is not the line that Claude Code sends for its own server, which is left out', () => {
    const header = (checksum: string) =>
      system(`x-anthropic-billing-header: cc_version=2.1; cc_entrypoint=cli; cch=${checksum};`);
    const ask = (checksum: string) => arrange({ messages: [header(checksum), system('Be good.'), user('hello')] });
    expect(ask('fa690')).toMatchObject({ messages: [system('Be good.'), user('hello')], changes: ['headers-dropped'] });
    expect(ask('1c8b4').messages).toEqual(ask('fa690').messages);
  });
});

describe('duplicates', () => {
  const reminder = '<system-reminder>\nThe list is empty.\n</system-reminder>';
  const file = `<file_content path="src/a.ts">\n${'const a = 1;\n'.repeat(40)}</file_content>`;

  it('are reminders that the message before had, and files that were given before, and never leave a message empty', () => {
    const { messages, changes } = arrange({
      messages: [
        user(`${reminder}\nLook at ${file}`),
        assistant('Yes.'),
        user(`${reminder}\nAgain ${file}, please.`),
        assistant('Yes.'),
        user(reminder),
      ],
    });
    expect(changes).toEqual(['duplicates-dropped']);
    expect(messages[0]?.content).toBe(`${reminder}\nLook at ${file}`);
    expect(messages[2]?.content).toBe(
      '\nAgain <file_content path="src/a.ts">\nThe content is the same as above.\n</file_content>, please.',
    );
    expect(messages[4]?.content).toBe(reminder);
  });

  it('are not contents that differ, nor results of tools', () => {
    const result = (id: string): Message => ({
      role: 'tool',
      toolCallId: id,
      name: 'read',
      content: `${reminder}${file}`,
    });
    const said = [user(file), user(file.replace('1', '2')), result('a'), result('b')];
    expect(arrange({ messages: said }).messages).toEqual(said);
  });
});

describe('tools', () => {
  const tool = (name: string, parameters: Record<string, unknown>): ToolSpec => ({
    name,
    description: `Does ${name}.`,
    parameters,
  });

  it('come in the order of their names, their schemas in one order, with what must be written first, first', () => {
    const properties = {
      zeta: { type: 'string', description: 'z' },
      alpha: { enum: ['b', 'a'], type: 'string' },
      path: { type: 'string' },
    };
    const { tools, changes } = arrange({
      messages: [user('hello')],
      tools: [
        tool('write', { type: 'object', required: ['path'], properties }),
        tool('read', { properties: {}, type: 'object' }),
      ],
    });
    expect(changes).toEqual(['tools-sorted']);
    expect(tools?.map(({ name }) => name)).toEqual(['read', 'write']);
    expect(JSON.stringify(tools?.[1]?.parameters)).toBe(
      '{"properties":{"path":{"type":"string"},"alpha":{"enum":["b","a"],"type":"string"},"zeta":{"description":"z","type":"string"}},"required":["path"],"type":"object"}',
    );
  });
});

it('takes time in proportion to a text, whatever stands in it', () => {
  const hostile = [
    '<env>',
    '<system-reminder>',
    '<file a="b">\n',
    'gitStatus: \n',
    '\n',
    ' ',
    '#',
    '- Date: ',
    'Today is ',
  ];
  for (const part of hostile) {
    const long = part.repeat(200_000 / part.length);
    const ask = { messages: [system(long), user(long), assistant(''), user(long)] };
    // Anything but proportion would take minutes, and end this test by its limit.
    expect(arrange(ask).messages.length, part).toBeGreaterThan(2);
  }
});

const words = fc.constantFrom(
  'hello',
  'Date: today',
  'Current date and time: 2026-01-01 10:00:01',
  '<env>\nWorking directory: /a\n</env>',
  '<system-reminder>\nx\n</system-reminder>',
  `<file_content path="a">\n${'text\n'.repeat(50)}</file_content>`,
  'Today is 2026-02-02. Be good.',
  'gitStatus: a\nStatus:\n M b\n',
  '</env>',
  '<env>',
  'x-anthropic-billing-header: cch=1;',
);
const text = fc.array(fc.oneof(words, fc.string({ maxLength: 20 })), { maxLength: 5 }).map((parts) => parts.join('\n'));
const message = fc.oneof(
  { weight: 3, arbitrary: text.map(user) },
  { weight: 2, arbitrary: text.map(assistant) },
  { weight: 1, arbitrary: text.map((content): Message => ({ role: 'tool', toolCallId: 'a', name: 'b', content })) },
  { weight: 1, arbitrary: text.map(system) },
);
const conversation = fc.record({
  start: fc.array(text.map(system), { maxLength: 2 }),
  rest: fc.array(message, { maxLength: 8 }),
});
/** What a person said: without what agents put around it. */
const own = (content: string) =>
  content
    .replace(/<system-reminder>[\s\S]*?<\/system-reminder>/gu, '')
    .replace(/<file_content[\s\S]*?<\/file_content>/gu, '');

describe('for any conversation, arranging', () => {
  it('is idempotent', () => {
    fc.assert(
      fc.property(conversation, ({ start, rest }) => {
        const once = arrange({ messages: [...start, ...rest] });
        expect(arrange({ messages: once.messages }).messages).toEqual(once.messages);
      }),
      { numRuns: 2_000, seed: 6 },
    );
  });

  it('keeps every word of users, every answer and every result, in order', () => {
    fc.assert(
      fc.property(conversation, ({ start, rest }) => {
        const { messages } = arrange({ messages: [...start, ...rest] });
        const before = rest
          .slice(rest.findIndex(({ role }) => role !== 'system'))
          .filter(({ role }) => role !== 'system');
        const after = messages.filter(({ role }) => role !== 'system');
        expect(after.map(({ role }) => role)).toEqual(before.map(({ role }) => role));
        for (const [index, each] of before.entries()) {
          if (each.role === 'user') expect(own(after[index]?.content ?? '')).toContain(own(each.content));
          else expect(after[index]).toEqual(each);
        }
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });

  it('leaves out nothing of what it moves', () => {
    fc.assert(
      fc.property(conversation, ({ start, rest }) => {
        const { messages } = arrange({ messages: [...start, ...rest, user('hello')] });
        const all = messages.map(({ content }) => content).join('\n');
        for (const { content } of start)
          for (const line of content.split('\n'))
            if (!line.startsWith('x-anthropic-')) expect(all).toContain(line.trim());
      }),
      { numRuns: 2_000, seed: 8 },
    );
  });

  it('makes each prompt the beginning of the next of its conversation, whatever changes around it', () => {
    const growing = fc.record({
      start: text,
      volatile: fc.array(fc.constantFrom('2026-01-01', '2026-01-02', '2026-01-03'), { minLength: 4, maxLength: 4 }),
      rest: fc.array(
        message.filter(({ role }) => role !== 'system'),
        { minLength: 4, maxLength: 12 },
      ),
    });
    fc.assert(
      fc.property(growing, ({ start, volatile, rest }) => {
        const arranger = createArranger();
        let before: readonly Message[] | undefined;
        for (const [index, date] of volatile.entries()) {
          // Each request has a message more at least.
          const grown = rest.slice(0, index + Math.floor((index * (rest.length - 3)) / 3));
          const now = system(`# Now\nCurrent date: ${date}\n${start}`);
          const arranged = arranger.arrange({ messages: [now, user('begin'), ...grown] }, 'me');
          arranged.keep();
          if (before) expect(arranged.messages.slice(0, before.length)).toEqual(before);
          const told = arranged.messages.flatMap(({ content }) => /Current date: ([\d-]+)/u.exec(content)?.[1] ?? []);
          expect(told.at(-1)).toBe(date);
          before = arranged.messages;
        }
      }),
      { numRuns: 1_000, seed: 9 },
    );
  });
});
