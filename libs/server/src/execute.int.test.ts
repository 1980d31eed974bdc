import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema, type Assistant, type ExecuteEvent, type ExecuteLanguage } from '@nootropic/contracts';
import { createExecute } from '@nootropic/core';
import { createLocalRunner } from '@nootropic/workspace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createExecutePlace, type ExecutePlace } from './execute-place.ts';

type Input = Parameters<Assistant['execute']['run']>[0];

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly end: Extract<ExecuteEvent, { type: 'end' }>;
}

const greetings: Readonly<Record<ExecuteLanguage, string>> = {
  python: 'import sys\nprint("hello", sys.argv[1], sys.stdin.read())\nsys.exit(3)\n',
  javascript:
    'const { readFileSync } = require("node:fs");\nconsole.log("hello", process.argv[2], readFileSync(0, "utf8"));\nprocess.exitCode = 3;\n',
  typescript:
    'import { readFileSync } from "node:fs";\nconst name: string = process.argv[2] ?? "";\nconsole.log("hello", name, readFileSync(0, "utf8"));\nprocess.exitCode = 3;\n',
  java: 'import java.nio.charset.StandardCharsets;\npublic class Hello {\n  public static void main(String[] args) throws Exception {\n    String in = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);\n    System.out.println("hello " + args[0] + " " + in);\n    System.exit(3);\n  }\n}\n',
  cpp: '#include <iostream>\n#include <string>\nint main(int, char **argv) {\n  std::string in;\n  std::getline(std::cin, in);\n  std::cout << "hello " << argv[1] << " " << in << std::endl;\n  return 3;\n}\n',
  c: '#include <stdio.h>\nint main(int argc, char **argv) {\n  char in[100] = "";\n  if (!fgets(in, sizeof in, stdin)) return 9;\n  printf("hello %s %s\\n", argv[1], in);\n  return 3;\n}\n',
  bash: 'read -r line || true\necho "hello $1 $line"\nexit 3\n',
};

const wrong: Readonly<Partial<Record<ExecuteLanguage, string>>> = {
  java: 'public class Hello { public static void main(String[] a) { int x = "no"; } }',
  cpp: 'int main() { return nothing; }',
  c: 'int main(void) { return nothing; }',
};

describe.runIf(process.platform === 'linux')('execute', () => {
  let workspace: string;
  let place: ExecutePlace;
  let execute: Assistant['execute'];
  let available: ReadonlySet<string>;
  beforeAll(async () => {
    workspace = await mkdtemp(join(await realpath(tmpdir()), 'nootropic-execute-'));
    await writeFile(join(workspace, 'a.txt'), 'from the workspace');
    await writeFile(join(workspace, '.env'), 'KEY=secret');
    place = createExecutePlace({
      ...{ env: process.env, own: [] },
      workspaceRunner: async (root) => createLocalRunner({ root }),
    });
    execute = makeExecute();
    available = new Set((await execute.languages()).filter((each) => each.available).map(({ language }) => language));
  }, 60_000);
  afterAll(async () => {
    await place[Symbol.asyncDispose]();
    await rm(workspace, { recursive: true, force: true });
  });

  const makeExecute = (config = configSchema.parse({}).execute) =>
    createExecute({ ...place.ports, config, now: Date.now, newId: () => crypto.randomUUID() });

  async function run(input: Input, signal?: AbortSignal): Promise<Ran> {
    const ran = { stdout: '', stderr: '' };
    for await (const event of await execute.run(input, { signal })) {
      if (event.type === 'output') ran[event.stream] += event.text;
      if (event.type === 'end') return { ...ran, end: event };
    }
    throw new Error('There was no end.');
  }

  it('says what there is to run each language with, and runs those of this program anywhere', async () => {
    const all = await execute.languages();
    expect(all.map(({ language }) => language)).toEqual(Object.keys(greetings));
    for (const each of all) expect(each.hint === '').toBe(each.available);
    expect([...available]).toEqual(expect.arrayContaining(['javascript', 'typescript']));
  });

  it.each(Object.entries(greetings) as [ExecuteLanguage, string][])(
    'runs %s, with arguments, input and exit code',
    async (language, code) => {
      if (!available.has(language)) {
        await expect(run({ language, code })).rejects.toMatchObject({ code: 'LANGUAGE_MISSING' });
        return;
      }
      const { stdout, stderr, end } = await run({ language, code, args: ["it's é"], stdin: 'input' });
      expect({ stdout: stdout.trimEnd(), stderr }).toEqual({ stdout: "hello it's é input", stderr: '' });
      expect(end).toMatchObject({ type: 'end', exitCode: 3, reason: 'exit', truncated: false });
    },
    60_000,
  );

  it.each(Object.entries(wrong) as [ExecuteLanguage, string][])(
    'tells a program of %s that does not compile from one that fails',
    async (language, code) => {
      if (!available.has(language)) return;
      const { stderr, end } = await run({ language, code });
      expect(end.reason).toBe('compile');
      expect(stderr).toMatch(/error/u);
      expect(stderr).not.toMatch(/nootropic-[0-9a-f]{8}/u);
    },
    60_000,
  );

  it('places files beside it, and no file anywhere else', async () => {
    const code = 'console.log(require("./lib/more.js"), require("node:fs").readdirSync(".").sort().join())';
    const files = [{ path: 'lib/more.js', text: 'module.exports = 42' }];
    expect((await run({ language: 'javascript', code, files })).stdout).toBe('42 lib,main.js\n');
    for (const path of ['../out.js', '/tmp/out.js', 'a/../../out.js', '..\\out.js'])
      await expect(run({ language: 'javascript', code, files: [{ path, text: '' }] })).rejects.toMatchObject({
        code: 'PATH_OUTSIDE_ROOT',
      });
    await expect(run({ language: 'javascript', code, files: [{ path: 'main.js', text: '' }] })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
  });

  it('shows a workspace at one place, without its secrets, to read only', async () => {
    const code = [
      'const fs = require("node:fs"), os = require("node:os");',
      'const at = os.tmpdir() + "/workspace/";',
      'console.log(fs.readFileSync(at + "a.txt", "utf8"));',
      'for (const work of [() => fs.readFileSync(at + ".env"), () => fs.writeFileSync(at + "b.txt", "x")])',
      '  try { work(); console.log("no"); } catch (error) { console.log(error.code); }',
    ].join('\n');
    const { stdout } = await run({ language: 'javascript', code, workspace });
    expect(stdout.split('\n')).toEqual(['from the workspace', 'EACCES', 'EROFS', '']);
    expect((await readdir(workspace)).sort()).toEqual(['.env', 'a.txt']);
  });

  it('tells what is written as it comes', async () => {
    const code = 'console.log("one"); setTimeout(() => console.error("two"), 300)';
    const events: string[] = [];
    for await (const event of await execute.run({ language: 'javascript', code }))
      events.push(event.type === 'output' ? `${event.stream} ${event.text.trim()}` : event.type);
    expect(events).toEqual(['start', 'stdout one', 'stderr two', 'end']);
  });

  it('ends what takes too long, too much memory, too many processes, or is wanted no more; cuts what is too long', async () => {
    const forever = 'setInterval(() => {}, 1000)';
    expect((await run({ language: 'javascript', code: forever, limits: { seconds: 0.5 } })).end.reason).toBe('time');
    const bomb = 'const all = []; for (;;) all.push(Buffer.alloc(2 ** 20, 1))';
    const { end } = await run({ language: 'javascript', code: bomb, limits: { memoryMebibytes: 128 } });
    expect(end).toMatchObject({ reason: 'memory', exitCode: null });
    expect(end.peakBytes).toBeGreaterThan(128 * 2 ** 20);
    const forks =
      'const { spawn } = require("node:child_process"); for (let i = 0; i < 30; i += 1) spawn("sleep", ["9"])';
    expect((await run({ language: 'javascript', code: forks, limits: { processes: 10 } })).end.reason).toBe(
      'processes',
    );
    const flood = 'process.stdout.write("x".repeat(100_000))';
    const cut = await run({ language: 'javascript', code: flood, limits: { outputBytes: 2000 } });
    expect({ length: cut.stdout.length, truncated: cut.end.truncated }).toEqual({ length: 2000, truncated: true });
    expect((await run({ language: 'javascript', code: forever }, AbortSignal.timeout(500))).end.reason).toBe('aborted');
  }, 60_000);

  it('gives no program more than the settings allow, and runs none where they forbid it', async () => {
    const small = makeExecute({ enabled: true, memory: 64, seconds: 1 });
    const code = 'const all = []; setInterval(() => all.push(Buffer.alloc(2 ** 22, 1)), 5)';
    const ends: ExecuteEvent[] = [];
    for await (const event of await small.run({ language: 'javascript', code, limits: { memoryMebibytes: 4096 } }))
      if (event.type === 'end') ends.push(event);
    expect(ends).toMatchObject([{ reason: 'memory' }]);
    const off = makeExecute({ enabled: false, memory: 64, seconds: 1 });
    await expect(off.run({ language: 'javascript', code })).rejects.toMatchObject({ code: 'DENIED' });
  });

  it('leaves nothing on the disk', async () => {
    const left = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('nootropic-run-'));
    const before = await left();
    await run({ language: 'javascript', code: 'require("node:fs").writeFileSync("out.txt", "x".repeat(1e6))' });
    expect((await left()).filter((name) => !before.includes(name))).toEqual([]);
  });
});
