import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  createSqliteAuditLog,
  redactText,
  sampleSecrets,
  secretKinds,
  type SecretSample,
} from '@nootropic/observability';
import { compose, redactValue, serve, type Composition } from '@nootropic/server';
import { createSeededRandom, startScriptedServer } from '@nootropic/testing';
import { workspaceRoot } from '../workspace-root.ts';

/** What came of a run of the gate. It holds when `run` equals `asked`, `shown` and `falsely` are empty, and each surface was reached. */
export interface SecretsGateResult {
  readonly asked: number;
  readonly run: number;
  readonly kinds: number;
  /** Secrets that were to be seen, each with its kind and the surface. */
  readonly shown: readonly string[];
  /** Surfaces, with the number of secrets that were driven through each of them. */
  readonly surfaces: Readonly<Record<string, number>>;
  /** Characters of clean text in which nothing may be redacted, and what was. */
  readonly cleanCharacters: number;
  readonly falsely: readonly string[];
}

const token = 'gate-'.repeat(9);

/**
 * Plants secrets of every kind, made up at run time, in whatever the program says of itself: its log, errors in the process, over HTTP and as JSON, turns
 * that fail, jobs that fail, the export of a session, the audit log, the ledger of what left, metrics, the doctor, and the words of a crash. Looks for
 * each in all that came out. Then looks for redactions in this repository's own source, where there is no secret.
 */
export async function runSecretsGate(count: number, seed: number): Promise<SecretsGateResult> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-secrets-')));
  const samples = sampleSecrets(count, createSeededRandom(seed));
  const shown: string[] = [];
  const surfaces: Record<string, number> = {};
  const look = (surface: string, output: string, planted: readonly SecretSample[]): void => {
    surfaces[surface] = (surfaces[surface] ?? 0) + planted.length;
    if (output === '') shown.push(`nothing at all on the surface ${surface}`);
    for (const { kind, secret } of planted)
      // A text in JSON has its line ends written otherwise; no secret has one.
      if (output.includes(secret)) shown.push(`${kind} in ${surface}`);
  };
  try {
    const home = join(dir, 'own');
    let said = '';
    const server = await startScriptedServer({ http, answer: () => ({ fault: 400, message: said }) });
    // The doctor names the proxy of the environment.
    const [first] = samples.filter(({ kind }) => kind === 'url-credentials');
    const env = {
      ...process.env,
      NOOTROPIC_HOME: home,
      NOOTROPIC_NETWORK_OFFLINE: 'true',
      ...(first && { HTTPS_PROXY: first.text.replace('postgres:', 'http:') }),
    };
    {
      await using open = await compose({ env, stays: true, flags: { log: { level: 'debug' } } });
      await using served = await serve({ assistant: open.assistant, token, telemetry: open.telemetry });
      for (const sample of samples) {
        said = `The key ${sample.text} is not known.`;
        await throughOne(open, { sample, look, url: served.url, model: `openai:tiny@${server.url}/v1`, dir });
      }
      look('doctor', JSON.stringify(await open.assistant.doctor({ workspace: dir })), samples);
      look('metrics', await open.telemetry.metrics(), samples);
      look('egress', JSON.stringify(await open.assistant.egress.list({ days: 2 })), samples);
    }
    await server[Symbol.asyncDispose]();
    look('log', await logText(join(home, 'logs')), samples);
    look('audit', await auditText(home), samples);
    const words = samples.map(({ text }) => text).join('\n');
    look('crash', await crashText(words, dir), samples);
    look('--json error', await commandText(words, dir), samples);
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
  const { characters, falsely } = await redactedSource();
  return {
    asked: count,
    run: samples.length,
    kinds: secretKinds.length,
    shown,
    surfaces,
    cleanCharacters: characters,
    falsely,
  };
}

interface Through {
  readonly sample: SecretSample;
  readonly look: (surface: string, output: string, planted: readonly SecretSample[]) => void;
  readonly url: string;
  readonly model: string;
  readonly dir: string;
}

async function throughOne({ assistant, telemetry, audit }: Composition, given: Through): Promise<void> {
  const { sample, look, url, model, dir } = given;
  const { text } = sample;
  const planted = [sample];
  telemetry.log('error', `It failed with ${text} here.`, { detail: `given ${text}`, apiKey: text });
  await audit.append({ time: 1, actor: 'local', action: 'run', detail: { line: `curl -H '${text}' x` } });

  const failed = await assistant.sessions.show({ id: text }).then(
    () => 'no error',
    (error: unknown) => (error instanceof Error ? `${error.message} ${JSON.stringify(error)}` : String(error)),
  );
  look('error', failed, planted);

  let events = '';
  let sessionId = '';
  for await (const event of await assistant.send({ workspace: dir, text: 'Hello?', model })) {
    sessionId = event.sessionId;
    events += JSON.stringify(event);
  }
  look('turn', events, planted);
  look('session export', JSON.stringify(redactValue(await assistant.sessions.show({ id: sessionId }))), planted);

  const headers = { authorization: `Bearer ${token}` };
  const bodies = [`/sessions/${encodeURIComponent(text)}`, `/nowhere/${encodeURIComponent(text)}`].map(async (path) =>
    decodeURIComponent((await (await fetch(url + path, { headers })).text()).replaceAll(/%(?![0-9a-f]{2})/giu, '%25')),
  );
  look('HTTP error', (await Promise.all(bodies)).join(''), planted);

  const payload = { workspace: `/nowhere/${text}` };
  const { job } = await assistant.jobs.add({ kind: 'index', payload, retry: { attempts: 1 } });
  for await (const { state, error } of await assistant.jobs.watch({ id: job.id })) {
    if (state !== 'dead' && state !== 'done') continue;
    look('job error', JSON.stringify(error ?? ''), planted);
    break;
  }
}

async function logText(folder: string): Promise<string> {
  const names = await readdir(folder);
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('');
}

async function auditText(home: string): Promise<string> {
  const names = (await readdir(home, { recursive: true })).filter((name) => name.endsWith('audit.db'));
  const path = join(home, names[0] ?? '');
  await using log = createSqliteAuditLog({ path, anchor: join(path, '..', 'audit.anchor') });
  return JSON.stringify(await log.list(10_000));
}

/** What a process says that is ended by an error that nobody caught. */
async function crashText(words: string, dir: string): Promise<string> {
  return failingChild(['apps/cli/src/crash.test-child.ts'], {
    ...process.env,
    CRASH_WORDS: words,
    NOOTROPIC_HOME: join(dir, 'crash'),
  });
}

async function commandText(words: string, dir: string): Promise<string> {
  return failingChild(['apps/cli/src/main.ts', 'sessions', 'show', '--json', '--', words], {
    ...process.env,
    NOOTROPIC_HOME: join(dir, 'command'),
  });
}

async function failingChild(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const cwd = join(env['NOOTROPIC_HOME'] ?? '', '..');
  await mkdir(cwd, { recursive: true });
  return promisify(execFile)(process.execPath, [join(workspaceRoot, args[0] ?? ''), ...args.slice(1)], {
    env,
    cwd,
    timeout: 60_000,
  }).then(
    () => '',
    (error: unknown) => {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      return `${stdout}${stderr}`;
    },
  );
}

/** Files that hold planted secrets, or what looks like one on purpose. */
const planted =
  /\.test\.ts$|-(?:gate|contract|certificate)(?:-child)?\.ts$|\/fuzz\/|fixture|payloads|secret-(?:patterns|samples)|shell-gate|package-lock|openapi\.json/u;

async function redactedSource(): Promise<{ readonly characters: number; readonly falsely: readonly string[] }> {
  const { stdout } = await promisify(execFile)(
    'git',
    ['ls-files', '*.ts', '*.tsx', '*.js', '*.md', '*.json', '*.yml'],
    {
      cwd: workspaceRoot,
      maxBuffer: 2 ** 24,
    },
  );
  const falsely: string[] = [];
  let characters = 0;
  for (const name of stdout.trim().split('\n')) {
    if (planted.test(name)) continue;
    const text = await readFile(join(workspaceRoot, name), 'utf8').catch(() => '');
    characters += text.length;
    const lines = redactText(text).split('\n');
    for (const [at, line] of text.split('\n').entries())
      if (lines[at] !== line && falsely.length < 20) falsely.push(`${name}: ${line.trim().slice(0, 120)}`);
  }
  return { characters, falsely };
}
