import { isKnownEvent, NootropicError, type Assistant, type Job, type TurnEvent } from '@nootropic/contracts';
import { redactError, redactErrorBody, redactText, redactValue } from './redact-error.ts';

/**
 * The same assistant; what it says about itself holds no secret that is known by its form: its errors, notices of turns, checks of the doctor, errors
 * of jobs. What a person wrote and what a model, a command or a file says is theirs, and is given as it is.
 */
export function redactAssistant(assistant: Assistant): Assistant {
  const safe = redactCalls(assistant);
  const { send, sessions, turns, doctor, jobs, git, completions } = safe;
  return {
    ...safe,
    send: async (...given) => redactEvents(await send(...given)),
    turns: { ...turns, resume: async (...given) => redactEvents(await turns.resume(...given)) },
    sessions: {
      ...sessions,
      async show(...given) {
        const { session, events } = await sessions.show(...given);
        return { session, events: events.map(redactEvent) };
      },
      // What is found is shown beside other sessions, and what is exported is meant to be passed on.
      search: async (...given) =>
        (await sessions.search(...given)).map((hit) => ({ ...hit, snippet: redactText(hit.snippet) })),
      async export(...given) {
        const { name, text } = await sessions.export(...given);
        return { name: redactText(name), text: given[0].format === 'json' ? redactJson(text) : redactText(text) };
      },
    },
    git: {
      ...git,
      review: async (...given) => mapStream(await git.review(...given), redactInner),
      message: async (...given) => mapStream(await git.message(...given), redactInner),
    },
    completions: {
      ...completions,
      state: async (...given) => redactValue(await completions.state(...given)),
    },
    doctor: async (...given) => redactValue(await doctor(...given)),
    jobs: {
      ...jobs,
      list: async (...given) => (await jobs.list(...given)).map(redactJob),
      show: async (...given) => redactJob(await jobs.show(...given)),
      change: async (...given) => redactJob(await jobs.change(...given)),
      watch: async (...given) => mapStream(await jobs.watch(...given), redactJob),
    },
  };
}

type Call = (...given: unknown[]) => Promise<unknown>;

/** Every function of a tree of functions, with its failures made safe. */
function redactCalls<Tree>(tree: Tree): Tree {
  if (typeof tree === 'function') {
    const call = tree as unknown as Call;
    return (async (...given: unknown[]) => {
      try {
        return await call(...given);
      } catch (cause) {
        throw redactError(NootropicError.from(cause));
      }
    }) as Tree;
  }
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(
    Object.entries(tree).map(([name, branch]: [string, unknown]) => [name, redactCalls(branch)]),
  ) as Tree;
}

type Stream<Item> = AsyncIteratorObject<Item, unknown, void>;

async function* mapStream<Item>(stream: Stream<Item>, change: (item: Item) => Item): AsyncGenerator<Item, void, void> {
  try {
    for await (const item of stream) yield change(item);
  } catch (cause) {
    throw redactError(NootropicError.from(cause));
  }
}

function redactEvents(stream: Stream<TurnEvent>): AsyncGenerator<TurnEvent, void, void> {
  return mapStream(stream, redactEvent);
}

function redactEvent(event: TurnEvent): TurnEvent {
  if (!isKnownEvent(event)) return event;
  if (event.type === 'turn-error') return { ...event, error: redactErrorBody(event.error) };
  if (event.type === 'notice') return { ...event, message: redactValue(event.message) };
  return event;
}

/** What an agent says beside its result is told as the events of its turn. */
function redactInner<Item extends { readonly type: string }>(item: Item): Item {
  return 'event' in item ? { ...item, event: redactEvent(item.event as TurnEvent) } : item;
}

/** In JSON a line break is written as two signs, so that a secret of several lines is only known by its form once it is read. */
function redactJson(text: string): string {
  return `${JSON.stringify(redactValue(JSON.parse(text) as unknown), null, 2)}\n`;
}

function redactJob(job: Job): Job {
  return { ...job, ...(job.error && { error: redactErrorBody(job.error) }) };
}
