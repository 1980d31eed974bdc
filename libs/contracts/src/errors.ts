/**
 * What a process ends with. The CLI documents these numbers; scripts may rely on them.
 */
export const exitCodes = {
  ok: 0,
  error: 1,
  usage: 2,
  noModel: 3,
  denied: 4,
  notFound: 5,
  interrupted: 130,
} as const;

export type ExitName = keyof typeof exitCodes;

interface ErrorEntry {
  /** What happened, in general. The message of a thrown error says it in particular. */
  readonly summary: string;
  /** What a person can do next. A thrown error may replace it with a more exact one. */
  readonly hint: string;
  /** The exit code of a command that ends in this error. */
  readonly exit: ExitName;
  /** The HTTP status of a request that ends in this error. */
  readonly status: number;
}

function entry(summary: string, hint: string, kind: { exit?: ExitName; status?: number } = {}): ErrorEntry {
  return { summary, hint, exit: kind.exit ?? 'error', status: kind.status ?? 500 };
}

/**
 * Every error the program can end in. `docs/reference/errors.md` is generated from this table,
 * and a test proves that the codes used in the source and the codes here are the same set.
 */
export const errorTable = {
  INTERNAL: entry(
    'Something failed that should not have.',
    'Run `nootropic doctor`; if it repeats, report it with the log named there.',
  ),
  ABORTED: entry('The work was cancelled.', 'Nothing to do: what was shown before is kept in the session.', {
    exit: 'interrupted',
    status: 499,
  }),
  USAGE: entry('The command line is not understood.', 'Run the command with `--help`.', { exit: 'usage', status: 400 }),
  INPUT_INVALID: entry(
    'A value does not have the form that is asked for.',
    'See the message for the field and the form it needs.',
    { exit: 'usage', status: 400 },
  ),
  CONFIG_INVALID: entry(
    'The configuration holds a value that is not allowed.',
    'Run `nootropic config explain KEY`, then correct it with `nootropic config set KEY VALUE`.',
    { exit: 'usage', status: 400 },
  ),
  CONFIG_UNREADABLE: entry(
    'The configuration file cannot be read or is not JSON.',
    'Run `nootropic config path` and correct the file it names.',
  ),
  NOT_FOUND: entry(
    'The thing asked for does not exist.',
    'List what exists, for example with `nootropic sessions list`.',
    { exit: 'notFound', status: 404 },
  ),
  SESSION_NOT_FOUND: entry('There is no session with this id.', 'Run `nootropic sessions list`.', {
    exit: 'notFound',
    status: 404,
  }),
  MODEL_NOT_FOUND: entry(
    'The model named does not exist.',
    'Run `nootropic models list`, or check the path or address.',
    { exit: 'noModel', status: 404 },
  ),
  MODEL_REF_INVALID: entry(
    'The model reference is not understood.',
    'Use file:PATH, ollama:NAME[@URL], openai:NAME@URL, anthropic:NAME (or openai-cloud, google, xai), or a name that `nootropic models list` shows.',
    { exit: 'usage', status: 400 },
  ),
  MODEL_FILE_INVALID: entry(
    'The model file is damaged or is not a GGUF file.',
    'Get the file again and compare its checksum with the publisher’s.',
    { exit: 'noModel', status: 422 },
  ),
  MODEL_LOAD_FAILED: entry(
    'The model could not be loaded.',
    'Try a smaller model or a shorter context; `nootropic doctor` shows the free memory.',
    { exit: 'noModel' },
  ),
  MODEL_TOO_LARGE: entry(
    'The model does not fit into the memory that is free.',
    'Close other programs, or choose a smaller model or a shorter context.',
    { exit: 'noModel', status: 507 },
  ),
  SOURCE_UNREACHABLE: entry(
    'The place that the model comes from does not answer.',
    'Check the network, HTTPS_PROXY and HF_ENDPOINT; what was downloaded so far is kept, and the same command goes on with it.',
    { status: 502 },
  ),
  DOWNLOAD_CORRUPT: entry(
    'The bytes that arrived are not those that were promised.',
    'Run the command again: the wrong bytes were thrown away.',
    { status: 502 },
  ),
  KEY_MISSING: entry('There is no key for this provider.', 'Run `nootropic keys set PROVIDER`.', {
    exit: 'noModel',
    status: 401,
  }),
  REMOTE_FORBIDDEN: entry(
    'This folder is set to never use a model on another machine.',
    'Use a local model, or change models.neverRemote in your own configuration.',
    { exit: 'denied', status: 403 },
  ),
  MODEL_CRASHED: entry(
    'The model process ended unexpectedly.',
    'Ask again: it is restarted by itself. If it repeats, try another model.',
    { status: 503 },
  ),
  MODEL_DEGRADED: entry(
    'The model process ended too often and is not started again.',
    'Check the model file and the free memory, then run the command again.',
    { status: 503 },
  ),
  MODEL_TIMEOUT: entry('The model gave no sign of life for too long.', 'Ask again; if it repeats, try another model.', {
    status: 504,
  }),
  MODEL_UNREACHABLE: entry('The model server does not answer.', 'Check that it runs and that its address is right.', {
    exit: 'noModel',
    status: 502,
  }),
  MODEL_REFUSED: entry(
    'The model server refused the request.',
    'See the message it gave; check the model’s name and the key.',
    { status: 502 },
  ),
  MODEL_UNSUPPORTED: entry(
    'This model cannot do what was asked.',
    'Choose another model: `nootropic models list` shows what each can do.',
    { status: 422 },
  ),
  CONTEXT_OVERFLOW: entry(
    'The request is longer than the model can read.',
    'Ask a shorter question, attach less, or choose a model with a longer context.',
    { status: 413 },
  ),
  QUEUE_FULL: entry(
    'Too much work is waiting for the model.',
    'Wait for the time named in the message, then try again.',
    { status: 429 },
  ),
  PATH_OUTSIDE_ROOT: entry(
    'The path leads out of the workspace.',
    'Use a path inside the folder that the command runs in, or another `--cwd`.',
    { exit: 'denied', status: 403 },
  ),
  PATH_NOT_FOUND: entry('There is no such file or folder.', 'Check the path.', { exit: 'notFound', status: 404 }),
  FILE_TOO_LARGE: entry('The file is larger than is read at once.', 'Ask for a range of lines.', { status: 413 }),
  DENIED: entry('This is not permitted.', 'See the message for what would permit it.', { exit: 'denied', status: 403 }),
  UNAUTHORIZED: entry(
    'The request carries no valid token.',
    'Send the token of this user’s host: `Authorization: Bearer …`.',
    { exit: 'denied', status: 401 },
  ),
  HOST_UNREACHABLE: entry(
    'The host of nootropic does not answer.',
    'Start it with `nootropic serve`, or run the command without it.',
    { status: 502 },
  ),
  FILE_CHANGED: entry('The file is not as it was when it was read.', 'Read it again, then make the change anew.', {
    status: 409,
  }),
  SANDBOX_UNAVAILABLE: entry(
    'Programs cannot be confined on this machine.',
    'On Linux install `bubblewrap`; `nootropic doctor` says what is missing.',
    { exit: 'denied', status: 403 },
  ),
  APPROVAL_UNKNOWN: entry('Nothing waits for this answer.', 'It was answered already, or its turn has ended.', {
    exit: 'notFound',
    status: 404,
  }),
  COMMAND_FAILED: entry('A command ended with an error.', 'See its output.'),
  STORE_NEWER: entry(
    'The data was written by a newer version of nootropic.',
    'Update nootropic, or set NOOTROPIC_HOME to another folder.',
  ),
  STORE_CORRUPT: entry(
    'The data file is damaged.',
    'Move the file named in the message away and run the command again.',
  ),
  STORE_UNREADABLE: entry(
    'The disk gave an error where the data file is read or written.',
    'Check the disk, its quota and its connection, then try again: the file itself need not be damaged.',
  ),
  STORE_BUSY: entry('Another program holds the data file.', 'Wait for it to finish, then try again.', { status: 503 }),
  DISK_FULL: entry('The disk is full.', 'Free some space, then try again: nothing that was shown is lost.', {
    status: 507,
  }),
  REQUEST_TOO_LARGE: entry('The request is larger than is taken.', 'Send less at once.', {
    exit: 'usage',
    status: 413,
  }),
  RATE_LIMITED: entry('Too many requests in too short a time.', 'Wait for the time named in `Retry-After`.', {
    status: 429,
  }),
  QUOTA_SPENT: entry(
    'The client has used up what it may use today.',
    'Wait until midnight UTC, or give it more: `nootropic clients add NAME --tokens-per-day N`.',
    { status: 429 },
  ),
  OFFLINE: entry('Nothing may leave this machine now.', 'Run without `--offline`, or set `network.offline` to false.', {
    exit: 'denied',
    status: 403,
  }),
  LANGUAGE_MISSING: entry('This machine has nothing to run this language with.', 'Install what the message names.', {
    exit: 'notFound',
    status: 422,
  }),
  HOST_RUNNING: entry('A host is running already.', 'See `nootropic status`, or end it with `nootropic stop`.', {
    status: 409,
  }),
  HOST_STOPPING: entry('The host is about to end.', 'Ask again: the next command starts it anew.', { status: 503 }),
  QUEUE_UNREACHABLE: entry('The queue does not answer.', 'Check that Redis runs and that `queue.redisUrl` is right.', {
    status: 503,
  }),
  JOB_TIMEOUT: entry('A job took longer than it may.', 'Give it more time: `nootropic jobs add --timeout SECONDS`.', {
    status: 504,
  }),
  JOB_LOST: entry(
    'The program that worked on a job ended before the job did.',
    'Nothing to do while it has runs left; else try it again with `nootropic jobs retry ID`.',
    { status: 503 },
  ),
  MCP_FAILED: entry('An MCP server failed.', 'See `nootropic mcp list`, and the server’s own log.', { status: 502 }),
  INDEX_UNAVAILABLE: entry('The index cannot be used.', 'Run `nootropic index --rebuild`.', { status: 503 }),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

const marker = Symbol.for('nootropic.error');

/**
 * The one error class. A message says what happened in particular; `hint` says what to do next.
 *
 * @example
 * throw new NootropicError('SESSION_NOT_FOUND', `There is no session ${id}.`);
 */
export class NootropicError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly [marker] = true;

  constructor(code: ErrorCode, message?: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message ?? errorTable[code].summary, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'NootropicError';
    this.code = code;
    this.hint = options.hint ?? errorTable[code].hint;
  }

  /** True for an error of this class, also one from another copy of this module. */
  static is(value: unknown): value is NootropicError {
    return typeof value === 'object' && value !== null && marker in value;
  }

  /** Turns whatever was thrown into a `NootropicError`; an abort becomes `ABORTED`, a full disk `DISK_FULL`. */
  static from(value: unknown, fallback: ErrorCode = 'INTERNAL'): NootropicError {
    if (NootropicError.is(value)) return value;
    const name = value instanceof Error ? value.name : '';
    const system = typeof value === 'object' && value !== null && 'code' in value ? String(value.code) : '';
    const message = value instanceof Error ? value.message : String(value);
    if (name === 'AbortError') return new NootropicError('ABORTED', undefined, { cause: value });
    if (system === 'ENOSPC' || system === 'SQLITE_FULL' || system === 'EDQUOT')
      return new NootropicError('DISK_FULL', `The disk is full: ${message}`, { cause: value });
    if (system === 'ERR_INVALID_ARG_VALUE' && message.includes('null bytes'))
      return new NootropicError('INPUT_INVALID', 'A path cannot hold a null byte.', { cause: value });
    if (system === 'ENAMETOOLONG')
      return new NootropicError('INPUT_INVALID', 'The path is too long.', { cause: value });
    if (fallback === 'INTERNAL' && ['EACCES', 'EPERM', 'EROFS'].includes(system))
      return new NootropicError('DENIED', message, {
        cause: value,
        hint: 'Check that you may read and write it; NOOTROPIC_HOME moves the program’s own files to another folder.',
      });
    return new NootropicError(fallback, message || errorTable[fallback].summary, { cause: value });
  }

  /** The wire form: what an event, a JSON line or an HTTP body carries. */
  toJSON(): ErrorBody {
    return { code: this.code, message: this.message, hint: this.hint };
  }
}

export interface ErrorBody {
  code: string;
  message: string;
  hint: string;
}
