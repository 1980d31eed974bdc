import { outside } from '@nootropic/agents';
import {
  isKnownEvent,
  type Attachment,
  type Citation,
  type KnownTurnEvent,
  type Session,
  type ToolCall,
  type TurnEvent,
  type Usage,
} from '@nootropic/contracts';

/** Arguments that say what a call is about, the most telling first. */
const telling = ['line', 'command', 'path', 'symbol', 'query', 'url', 'question', 'task', 'name'];
/** Characters of a call's topic, and of what a failed one said. */
const shortly = 120;

/** A session for a person to read: for each turn the question, what was done for it in short, the answer, its sources and what it took. */
export function sessionMarkdown(
  session: Session,
  turns: readonly { readonly events: readonly TurnEvent[]; readonly diff: string }[],
): string {
  const from = day(session.createdAt);
  const to = day(session.updatedAt);
  const parts = [
    `# ${oneLine(session.title) || 'Session'}`,
    `*${code(session.workspace)}, ${from === to ? from : `${from} to ${to}`}*`,
    ...turns.flatMap(({ events, diff }) => turnParts(events, diff)),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** A name for the file: words of the title, and the day. */
export function exportName(session: Session, ending: 'md' | 'json'): string {
  const words = session.title
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, 60)
    .replace(/^-+|-+$/gu, '');
  return `${words || 'session'}-${day(session.createdAt)}.${ending}`;
}

function turnParts(events: readonly TurnEvent[], diff: string): string[] {
  const known = [...outside(events)].filter(isKnownEvent);
  const start = known.find((event) => event.type === 'turn-start');
  const end = known.findLast((event) => event.type === 'turn-end' || event.type === 'turn-error');
  const model = known.findLast((event) => event.type === 'model-chosen');
  return [
    ...asked(start?.text ?? '', start?.attachments ?? []),
    ...told(known),
    ...(diff === '' ? [] : [fenced('diff', diff)]),
    ...(end === undefined || (end.type === 'turn-end' && end.reason === 'aborted') ? ['*Interrupted.*'] : []),
    ...(end?.type === 'turn-error' ? [`**${end.error.code}:** ${end.error.message} ${end.error.hint}`.trimEnd()] : []),
    ...(end?.type === 'turn-end' ? sources(end.citations) : []),
    took(start?.time, model?.model, end?.usage),
  ];
}

/** A heading of one line, and below it the whole question where that is longer. */
function asked(text: string, attachments: readonly Attachment[]): string[] {
  const line = oneLine(text.trim().split('\n')[0] ?? '');
  const heading = line.length > shortly ? `${line.slice(0, shortly - 1)}…` : line;
  const whole = text
    .trim()
    .split('\n')
    .map((each) => `> ${each}`.trimEnd())
    .join('\n');
  const names = attachments.map((each) => code(each.kind === 'file' ? placeOf(each) : each.name));
  return [
    `## ${heading || 'Question'}`,
    ...(heading === text.trim() ? [] : [whole]),
    ...(names.length > 0 ? [`Attached: ${names.join(', ')}`] : []),
  ];
}

/** What was said and done, in its order. Calls that follow each other are one list. */
function told(events: readonly KnownTurnEvent[]): string[] {
  const parts: string[] = [];
  let said = '';
  let list: string[] = [];
  const results = new Map(events.flatMap((event) => (event.type === 'tool-result' ? [[event.callId, event]] : [])));
  const questions = new Map(
    events.flatMap((event) => (event.type === 'approval-request' ? [[event.requestId, event]] : [])),
  );
  const flush = (): void => {
    if (said.trim() !== '') parts.push(said.trim());
    if (list.length > 0) parts.push(list.join('\n'));
    [said, list] = ['', []];
  };
  const item = (text: string): void => {
    if (said.trim() !== '') flush();
    list.push(`- ${text}`);
  };
  for (const event of events) {
    switch (event.type) {
      case 'text-delta':
        if (list.length > 0 && event.text.trim() !== '') flush();
        said += event.text;
        break;
      case 'tool-call':
        item(callLine(event.call, results.get(event.call.id)));
        break;
      case 'approval-answer':
        item(answerLine(event, questions.get(event.requestId)));
        break;
      case 'file-change':
        item(changeLine(event));
        break;
      case 'check-result':
        item(`check ${code(event.name)}: ${event.ok ? 'passed' : 'failed'}`);
        break;
      case 'agent-start':
        item(`agent **${event.name}**: ${short(event.task)}`);
        break;
      case 'lesson':
        item(`learnt: ${short(event.text)}`);
        break;
      case 'user-message':
        if (event.automatic === true) break;
        flush();
        parts.push(`> ${event.text.trim().split('\n').join('\n> ')}`);
        break;
      case 'notice':
        if (event.level === 'warning') item(`note: ${short(event.message)}`);
        break;
      default:
        break;
    }
  }
  flush();
  return parts;
}

function callLine(call: ToolCall, result: { readonly ok: boolean; readonly content: string } | undefined): string {
  const first = telling.find((name) => typeof call.arguments[name] === 'string');
  const topic = first === undefined ? JSON.stringify(call.arguments) : String(call.arguments[first]);
  const outcome = result === undefined ? ', not run' : result.ok ? '' : `, failed: ${short(result.content)}`;
  return `**${call.name}**${topic === '{}' ? '' : ` ${code(short(topic))}`}${outcome}`;
}

function answerLine(
  answer: Extract<KnownTurnEvent, { type: 'approval-answer' }>,
  request: Extract<KnownTurnEvent, { type: 'approval-request' }> | undefined,
): string {
  const { decision, text, automatic } = answer;
  if (request?.action === 'question') return `asked: ${short(request.detail)} — ${short(text ?? '')}`;
  const by = automatic === true ? 'nobody was there to allow it' : decision === 'deny' ? 'denied' : 'allowed';
  return `${by}: ${request?.action ?? 'a request'}${text === undefined || text === '' ? '' : ` (${short(text)})`}`;
}

function changeLine({ path, change, from, added, removed }: Extract<KnownTurnEvent, { type: 'file-change' }>): string {
  const lines = added === undefined && removed === undefined ? '' : ` (+${added ?? 0} −${removed ?? 0})`;
  return `${change} ${from === undefined ? '' : `${code(from)} to `}${code(path)}${lines}`;
}

function sources(citations: readonly Citation[]): string[] {
  if (citations.length === 0) return [];
  const lines = citations.map(
    (citation) => `- ${code(placeOf(citation))}${citation.symbol === undefined ? '' : ` ${citation.symbol}`}`,
  );
  return [`Sources:\n\n${lines.join('\n')}`];
}

function placeOf({
  path,
  startLine,
  endLine,
}: {
  readonly path: string;
  readonly startLine?: number | undefined;
  readonly endLine?: number | undefined;
}): string {
  if (startLine === undefined) return path;
  return endLine === undefined || endLine === startLine ? `${path}:${startLine}` : `${path}:${startLine}-${endLine}`;
}

function took(time: number | undefined, model: string | undefined, usage: Usage | undefined): string {
  const facts = [
    ...(time === undefined ? [] : [new Date(time).toISOString().slice(0, 16).replace('T', ' ')]),
    ...(model === undefined || model === 'none' ? [] : [model]),
    ...(usage && usage.tokensRead + usage.tokensReused + usage.tokensWritten > 0
      ? [`${usage.tokensRead} tokens read, ${usage.tokensReused} reused, ${usage.tokensWritten} written`]
      : []),
    ...(usage ? [`${(usage.totalMs / 1000).toFixed(1)} s`] : []),
    ...(usage?.cost === undefined ? [] : [`$${usage.cost.toFixed(4)}`]),
  ];
  return `*${facts.join(' · ')}*`;
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function oneLine(text: string): string {
  return text.replace(/\s+/gu, ' ').trim();
}

function short(text: string): string {
  const line = oneLine(text);
  return line.length > shortly ? `${line.slice(0, shortly - 1)}…` : line;
}

/** A span of code, between as many backticks as none in it has. https://spec.commonmark.org/0.31.2/#code-spans */
function code(text: string): string {
  const fence = fenceFor(text, 1);
  const inner = /^`|`$/u.test(text) ? ` ${text} ` : text;
  return `${fence}${inner}${fence}`;
}

function fenced(language: string, text: string): string {
  const fence = fenceFor(text, 3);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

function fenceFor(text: string, least: number): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/gu)].map(([ticks]) => ticks.length));
  return '`'.repeat(Math.max(least, longest + 1));
}
