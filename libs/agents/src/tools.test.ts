import { NootropicError, type GraphAnswer, type Knowledge, type Skill } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { announcedIn, findToolsTool } from './find-tools-tool.ts';
import { graphTool } from './graph-tool.ts';
import { readTool } from './read-tool.ts';
import { memoryActions, memoryKnowledge } from './run-turn.fixture.ts';
import { askUserTool } from './ask-user-tool.ts';
import { rememberTool } from './remember-tool.ts';
import { findSymbol } from './symbol-place.ts';
import { todoTool } from './todo-tool.ts';
import { defineTool, runTool, type Tool, type ToolContext } from './tool.ts';
import type { TurnStep } from './turn-step.ts';
import { useSkillTool } from './use-skill-tool.ts';
import { webFetchTool } from './web-fetch-tool.ts';

const tree = new Map([['src/a.ts', 'one\ntwo\nthree']]);
const context: ToolContext = { knowledge: memoryKnowledge(tree), actions: memoryActions(tree) };
const use = (
  tool: Tool,
  args: Record<string, unknown>,
  more: Partial<ToolContext> & { onStep?: (step: TurnStep) => void } = {},
) => runTool(tool, { id: 'c', name: tool.spec.name, arguments: args }, { ...context, ...more });

describe('arguments that do not fit', () => {
  it('become a result that names what is wrong', async () => {
    expect(await use(readTool, { startLine: 'x' })).toMatchObject({
      ok: false,
      content: expect.stringContaining('path') as string,
    });
  });

  it('and so does a failure of what the tool asks; an abort is thrown', async () => {
    const failing = (code: 'DENIED' | 'ABORTED') =>
      defineTool({
        name: 'x',
        description: 'x',
        parameters: z.object({}),
        run: () => Promise.reject(new NootropicError(code)),
      });
    expect(await use(failing('DENIED'), {})).toMatchObject({ ok: false });
    await expect(use(failing('ABORTED'), {})).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('read', () => {
  it('numbers lines, and shows anchors to a model that names lines by them', async () => {
    expect((await use(readTool, { path: 'src/a.ts', startLine: 2 })).content).toBe(
      'src/a.ts:2-3 of 3 lines\n2: two\n3: three',
    );
    expect((await use(readTool, { path: 'src/a.ts' }, { format: 'anchored-lines' })).content).toMatch(
      /\n1:[0-9a-f]{2}\|one\n/u,
    );
  });
});

describe('graph', () => {
  const node = (name: string, relation: string) => ({
    symbol: {
      path: `src/${name}.ts`,
      name,
      kind: 'function' as const,
      startLine: 3,
      endLine: 9,
      signature: '',
      doc: '',
    },
    depth: 1,
    relation,
    strength: 'resolved' as const,
  });
  const answering = (answer: Partial<GraphAnswer>): Partial<ToolContext> => ({
    knowledge: {
      ...context.knowledge,
      graph: async () => ({ symbols: [], nodes: [], truncated: false, ...answer }),
    } as Knowledge,
  });

  it('tells what is connected, with places', async () => {
    const { symbol } = node('b', '');
    const { content } = await use(
      graphTool,
      { ask: 'callers', symbol: 'b' },
      answering({ symbols: [symbol], nodes: [node('c', 'called by')], truncated: true }),
    );
    expect(content).toBe('called by src/c.ts:3 c\n[there are more]');
  });

  it('offers names where one is unknown or means several', async () => {
    expect(
      (await use(graphTool, { ask: 'tests', symbol: 'q' }, answering({ unclear: 'q', near: ['queue'] }))).content,
    ).toContain('queue');
    expect((await use(graphTool, { ask: 'tests', symbol: 'q' }, answering({}))).content).toContain('Search for it');
  });
});

describe('todo', () => {
  it('keeps one step active, takes numbers off, and remembers what is done in a new plan', async () => {
    const events: TurnStep[] = [];
    const onStep = (step: TurnStep) => void events.push(step);
    await use(todoTool, { steps: ['1. [ ] read', '- write', ' '] }, { onStep });
    const [first] = events;
    const plan = first?.type === 'plan-update' ? first.steps : [];
    expect(plan).toEqual([
      { text: 'read', state: 'active' },
      { text: 'write', state: 'open' },
    ]);
    await use(todoTool, { done: 1 }, { plan, onStep });
    const second = events[1]?.type === 'plan-update' ? events[1].steps : [];
    expect(second.map(({ state }) => state)).toEqual(['done', 'active']);
    await use(todoTool, { steps: ['read', 'test'] }, { plan: second, onStep });
    expect(events[2]).toMatchObject({
      steps: [
        { text: 'read', state: 'done' },
        { text: 'test', state: 'active' },
      ],
    });
  });

  it('says which steps there are where a number fits none', async () => {
    const { ok, content } = await use(todoTool, { done: 3 }, { plan: [{ text: 'read', state: 'active' }] });
    expect([ok, content]).toEqual([false, 'There is no step 3. The plan:\n1. [active] read']);
  });
});

describe('find-tools', () => {
  const tool = (name: string, description: string) =>
    defineTool({ name, description, parameters: z.object({}), run: async () => 'x' });

  it('finds by words, best first, at most three, and reveals what it announces', async () => {
    const list = [
      tool('weather', 'Weather of towns.'),
      tool('issues-list', 'List issues of a tracker.'),
      tool('issue-show', 'Show one issue.'),
    ];
    const revealed: string[] = [];
    const { content } = await use(
      findToolsTool,
      { words: 'show issues' },
      { further: { list, reveal: ({ spec }) => void revealed.push(spec.name) } },
    );
    expect(announcedIn(content)).toEqual(['issue-show', 'issues-list']);
    expect(revealed).toEqual(announcedIn(content));
    expect(
      (await use(findToolsTool, { words: 'xyzzy' }, { further: { list, reveal: () => undefined } })).content,
    ).toContain('No further tool');
  });
});

describe('use-skill', () => {
  const skill = {
    name: 'release',
    description: 'How to release.',
    folder: 's',
    origin: { scope: 'user', path: 's', hash: 'h' },
  } as Skill;
  const skills = { list: [skill], read: async (_: Skill, file?: string) => `body of ${file ?? 'SKILL.md'}` };

  it('reads the body only when it is used, and another file of its folder', async () => {
    expect((await use(useSkillTool, { name: 'release' }, { skills })).content).toBe('body of SKILL.md');
    expect((await use(useSkillTool, { name: 'release', file: 'steps.md' }, { skills })).content).toBe(
      'body of steps.md',
    );
    expect((await use(useSkillTool, { name: 'other' }, { skills })).content).toContain('There are: release');
  });
});

describe('findSymbol', () => {
  it('gives the lines of a symbol as the file is now, whoever changed it', async () => {
    const files = new Map([['m.ts', 'function one() {\n}\n']]);
    const knowledge = memoryKnowledge(files);
    files.set('m.ts', '// a line more\nfunction one() {\n}\n');
    expect(await findSymbol({ knowledge }, { path: 'm.ts', symbol: 'one()' })).toEqual({
      ok: true,
      name: 'one',
      range: { startLine: 2, endLine: 3 },
    });
    expect(await findSymbol({ knowledge }, { path: 'other.ts', symbol: 'one' })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('m.ts:2-3') as string,
    });
  });
});

describe('what asks for more than reading', () => {
  it('goes through the actions of the turn', async () => {
    expect(
      await use(askUserTool, { question: 'Which?' }, { actions: memoryActions(tree, { answer: 'this' }) }),
    ).toEqual({ ok: true, content: 'The user answers: this' });
    expect(await use(askUserTool, { question: 'Which?' })).toMatchObject({
      ok: false,
      content: expect.stringContaining('Nobody') as string,
    });
    expect(await use(rememberTool, { fact: 'tabs' })).toEqual({ ok: true, content: 'Kept: tabs' });
    expect(await use(webFetchTool, { url: 'https://example.org' })).toEqual({
      ok: true,
      content: 'page of https://example.org',
    });
  });

  it('is refused where only questions are answered', async () => {
    for (const tool of [askUserTool, rememberTool, webFetchTool]) {
      const { ok } = await runTool(
        tool,
        { id: 'c', name: tool.spec.name, arguments: { question: 'q', fact: 'f', url: 'u' } },
        { knowledge: context.knowledge },
      );
      expect(ok).toBe(false);
    }
  });
});
