import type { Assistant, KnownTurnEvent, TurnEvent } from '@nootropic/contracts';
import { changesLines, itemLines, type ItemForm } from './chat/item-lines.ts';
import { afterEvent, emptyChat, type Ask, type ChatState } from './chat/chat-state.ts';
import { paintLine, type Line } from './chat/styled-line.ts';
import { visibleLine } from './chat/visible-text.ts';
import type { Cli } from './cli.ts';
import { createTurnPrinter, type TurnPrinter } from './turn-printer.ts';

export interface TaskPrinter extends TurnPrinter {
  /** The request with this id, while it waits. */
  ask(requestId: string): Ask | undefined;
}

/** Lines of a diff that are shown with a change. */
const longestDiff = 40;

/**
 * Prints the turn of a task for a person: what the agent says on standard output, what it does on standard error - changes as
 * short diffs, checks, the plan - and at the end what it changed and how to take that back.
 */
export function createTaskPrinter(
  cli: Cli,
  options: { readonly assistant: Assistant; readonly workspace: string; readonly verbose: boolean },
): TaskPrinter {
  const turns = createTurnPrinter(cli, options);
  const width = cli.surroundings.stderr.isTTY ? cli.surroundings.stderr.columns : 100;
  const form: ItemForm = { width, spoken: false };
  let state: ChatState = emptyChat;

  async function tell(lines: readonly Line[]): Promise<void> {
    await turns.close();
    await cli.talk(lines.map((line) => `${paintLine(line, cli.errorStyle)}\n`).join(''));
  }

  /** What the event added, but for what was printed as it came. */
  async function tellItems(): Promise<void> {
    const added = state.items.filter(({ kind }) => kind !== 'text' && kind !== 'code' && kind !== 'thought');
    // What happened inside of a call was printed as it happened.
    const alone = added.map((item) => (item.kind === 'call' ? { ...item, inner: [] } : item));
    if (alone.length > 0) await tell(alone.flatMap((item) => itemLines(item, form)));
  }

  async function tellAnswer(): Promise<void> {
    const inner = state.turn?.calls.flatMap((call) => call.inner) ?? [];
    const asked = [...state.items, ...inner].findLast(({ kind }) => kind === 'asked');
    if (asked !== undefined) await tell(itemLines(asked, form));
  }

  async function show(event: KnownTurnEvent): Promise<void> {
    const changes = state.turn?.changes;
    state = afterEvent({ ...state, items: [] }, event);
    switch (event.type) {
      case 'tool-result':
        // The call itself was printed when it began.
        return event.ok ? undefined : tellItems();
      case 'file-change':
        await tell(
          itemLines(
            { ...event, kind: 'change', from: event.from, added: event.added ?? 0, removed: event.removed ?? 0 },
            form,
          ),
        );
        return event.step === undefined ? undefined : showDiff(event.step);
      case 'check-result':
        return tell(itemLines({ kind: 'check', name: event.name, ok: event.ok, output: event.output }, form));
      case 'lesson':
        return tell(itemLines({ kind: 'lesson', text: event.text }, form));
      case 'plan-update':
        // A plan is printed when it is made; after that, how far it is.
        return tell(
          state.items.some(({ kind }) => kind === 'plan')
            ? [[{ text: 'Plan', looks: ['bold'] }], ...event.steps.map(planLine)]
            : [progressLine(event.steps)],
        );
      case 'approval-answer':
        return tellAnswer();
      case 'agent-start':
      case 'agent-end':
      case 'user-message':
      case 'compaction':
        return tellItems();
      case 'turn-end':
      case 'turn-error':
        await turns.show(event);
        return changes === undefined ? undefined : tell(changesLines(changes, form));
      default:
        return turns.show(event);
    }
  }

  async function showDiff(step: number): Promise<void> {
    const diff = await options.assistant.changes.diff({ workspace: options.workspace, step }).then(
      (found) => found.diff,
      () => '',
    );
    if (diff !== '') await tell(itemLines({ kind: 'diff', text: diff, most: longestDiff }, form));
  }

  return {
    show: (event: TurnEvent) => show(event as KnownTurnEvent),
    close: turns.close,
    ask: (requestId) => state.asks.find((each) => each.requestId === requestId),
  };
}

const stepSigns = { open: '[ ]', active: '[>]', done: '[x]', dropped: '[-]' } as const;

function progressLine(steps: (KnownTurnEvent & { type: 'plan-update' })['steps']): Line {
  const done = steps.filter((step) => step.state === 'done').length;
  const active = steps.find((step) => step.state === 'active');
  return [
    { text: `Plan ${done} of ${steps.length}`, looks: ['bold'] },
    { text: active === undefined ? '' : `: ${visibleLine(active.text)}` },
  ];
}

function planLine(step: { readonly text: string; readonly state: keyof typeof stepSigns }): Line {
  return [
    {
      text: `  ${stepSigns[step.state]} ${visibleLine(step.text)}`,
      ...(step.state === 'active' && { looks: ['bold' as const] }),
    },
  ];
}
