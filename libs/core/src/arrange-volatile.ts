import { replaceBlocks } from './arrange-blocks.ts';

/**
 * What agents write into their system prompts although it changes: the date, the clock, the folder, the state of the repository. Known forms:
 * the `<env>` block and the `gitStatus:` part of Claude Code (opencode and Crush write the same block), the `environment_context` of Codex, the
 * `environment_details` of Cline, `<CURRENT_DATETIME>` of OpenHands, and lines such as `Current date and time: …` of pi, Open WebUI and AnythingLLM.
 * All of them have been reported as what defeats the reuse of a prompt, for example in
 * https://github.com/anomalyco/opencode/issues/32622 and https://github.com/Mintplex-Labs/anything-llm/issues/6398.
 */

/** What a system prompt holds, taken apart. */
export interface SplitPrompt {
  /** What is the same from request to request. */
  readonly stable: string;
  /** What may change, as it was written, in its order. */
  readonly pieces: readonly string[];
  /** Whether lines were left out that are meant for a provider's server and say nothing to a model. */
  readonly headers: boolean;
}

/** What stands where a block was. */
const pointer = '(It is given below, with the conversation.)';

/**
 * The attribution that Claude Code writes as the first line of its system prompt. It differs in every request:
 * https://github.com/ollama/ollama/pull/14918.
 */
const headerLine = /^x-anthropic-[a-z-]+: .*(?:\n+|$)/gmu;

/** The outer ones first. */
const blockNames = [
  ...['environment_context', 'environment_details', 'environment', 'system_information', 'git_status'],
  ...['current_datetime', 'CURRENT_DATETIME', 'env'],
];

/** From `gitStatus:` to the next heading or tag that begins a line, or the end. */
const gitStatus = /^gitStatus: [\s\S]*?(?=\n(?:# |<[a-z])|$(?![\s\S]))/gimu;

const moment = 'date(?: ?(?:and|&|/) ?time)?|datetime|local time|time';
const folder = 'working directory|working dir|directory|workspace(?: folder)?|folder';
const label = [
  "today(?:[’']s date)?",
  `(?:the )?current (?:${moment}|${folder}|(?:git )?branch)`,
  'working directory|workspace root(?: folder)?|cwd|date|date and time|local time|timestamp|session id|parent session id',
].join('|');
const list = '[ \\t]*(?:[-*>#]+[ \\t]*)?';
const line = new RegExp(
  `^${list}(?:\\*\\*)?(?:${label})(?:\\*\\*)?(?::\\*\\*|:|=| is(?=\\s))[ \\t]*(\\S.{0,300})(?:\\n|$)`,
  'gimu',
);
/** One sentence among others. */
const sentence =
  /(?<=^|[.!?] )(?:today(?:[’']s date)? is|(?:the )?current (?:date and time|date|time) is) (?:[^.!?\n]|\.(?=\d)){2,100}[.!?](?: |(?=\n|$))/gimu;

/** A path, or something with a number in it: what only speaks about dates and folders has neither. */
const isValue = (text: string): boolean => /\d/u.test(text) || /^['"`<]?(?:[/~]|[a-z]:[\\/])/iu.test(text.trim());
/** Longer ones are prose. */
const longestLine = 200;

export function splitPrompt(text: string): SplitPrompt {
  const found: { readonly at: number; readonly piece: string }[] = [];
  const headers = headerLine.test(text);
  headerLine.lastIndex = 0;
  const taker =
    (instead: string, isOne: (match: readonly string[]) => boolean) =>
    (...given: unknown[]): string => {
      const match = given.filter((each) => typeof each === 'string').slice(0, -1);
      const [whole = ''] = match;
      if (!isOne(match)) return whole;
      found.push({ at: text.indexOf(whole), piece: whole.trim() });
      return instead;
    };
  let stable = text.replace(headerLine, '');
  const takeBlock = taker(pointer, () => true);
  for (const name of blockNames)
    stable = replaceBlocks(stable, { open: `<${name}>`, close: `</${name}>` }, (whole) => takeBlock(whole, stable));
  stable = stable.replace(
    gitStatus,
    taker(`gitStatus: ${pointer}`, ([whole]) => whole !== `gitStatus: ${pointer}`),
  );
  stable = stable.replace(
    line,
    taker('', ([whole = '', value = '']) => whole.length <= longestLine && isValue(value)),
  );
  stable = stable.replace(
    sentence,
    taker('', ([whole = '']) => /\d/u.test(whole)),
  );
  if (found.length === 0) return { stable, pieces: [], headers };
  return { stable, pieces: found.toSorted((a, b) => a.at - b.at).map(({ piece }) => piece), headers };
}

const folderSaid =
  /(?:working directory|workspace root(?: folder)?|<cwd>|\bcwd)["'*]*(?:\s*[:=]|\s+is)?\s*["'`]?((?:\/|[a-z]:[\\/])[^\s"'`<>)]*)/iu;

/** The folder that a program says it works in: an absolute path; `undefined` where it says none. */
export function workingFolder(texts: readonly string[]): string | undefined {
  for (const text of texts) {
    const path = folderSaid.exec(text)?.[1]?.replace(/[.,;]+$/u, '');
    if (path !== undefined) return path;
  }
  return undefined;
}
