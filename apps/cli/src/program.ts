import { exitCodes, NootropicError } from '@nootropic/contracts';
import { Command, CommanderError } from 'commander';
import { createCli, type Cli } from './cli.ts';
import { addAgents } from './commands/agents.ts';
import { addAsk } from './commands/ask.ts';
import { addAudit } from './commands/audit.ts';
import { addAcp } from './commands/acp.ts';
import { addChain } from './commands/chain.ts';
import { addChat } from './commands/chat.ts';
import { addClients } from './commands/clients.ts';
import { addCommit } from './commands/commit.ts';
import { addCompletion } from './commands/completion.ts';
import { addContext } from './commands/context.ts';
import { addConfig } from './commands/config.ts';
import { addDiff } from './commands/diff.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEgress } from './commands/egress.ts';
import { addExecute } from './commands/execute.ts';
import { addExplain } from './commands/explain.ts';
import { addGraph } from './commands/graph.ts';
import { addGather } from './commands/gather.ts';
import { addHistory } from './commands/history.ts';
import { addIndex } from './commands/index-command.ts';
import { addJobs } from './commands/jobs.ts';
import { addKeys } from './commands/keys.ts';
import { addLessons } from './commands/lessons.ts';
import { addLogs } from './commands/logs.ts';
import { addMap } from './commands/map.ts';
import { addMcp } from './commands/mcp.ts';
import { addModels } from './commands/models.ts';
import { addPermissions } from './commands/permissions.ts';
import { addRedo } from './commands/redo.ts';
import { addReview } from './commands/review.ts';
import { addRewind } from './commands/rewind.ts';
import { addRun } from './commands/run.ts';
import { addSearch } from './commands/search.ts';
import { addServe } from './commands/serve.ts';
import { addSessions } from './commands/sessions.ts';
import { addSources } from './commands/sources.ts';
import { addStatus } from './commands/status.ts';
import { addStop } from './commands/stop.ts';
import { addTest } from './commands/test.ts';
import { addTrust } from './commands/trust.ts';
import { addUi } from './commands/ui.ts';
import { addUndo } from './commands/undo.ts';
import { addUninstall } from './commands/uninstall.ts';
import { addWorktree } from './commands/worktree.ts';
import { exitCodeOf, reportFailure } from './failure.ts';
import { takeOffline } from './offline-option.ts';
import type { LoadHost } from './host.ts';
import type { Surroundings } from './surroundings.ts';

/** Runs a command's work and keeps the exit code it gives; nothing means success. */
export type Finish = (work: () => Promise<number | void>) => Promise<void>;

/** How long a command that was interrupted may take to end by itself, in milliseconds, where it does not say otherwise. */
const usualPatience = 2000;

/**
 * Runs one command line and gives its exit code; never throws. The first interrupt aborts the work and waits for it
 * to be stored, a second one ends the process at once. When the reader of the output goes away, the work is aborted
 * and the exit code is 0, as other tools in a pipe do.
 */
export async function runProgram(given: readonly string[], around: Surroundings, load: LoadHost): Promise<number> {
  const { args, surroundings } = takeOffline(given, around);
  const loadHost: LoadHost = () => load(surroundings.env);
  const controller = new AbortController();
  let ending: 'interrupted' | 'unread' | undefined;
  let timer: NodeJS.Timeout | undefined;
  let patience = usualPatience;
  const end = (how: 'interrupted' | 'unread'): void => {
    if (ending !== undefined) {
      if (how === 'interrupted') surroundings.exit(exitCodes.interrupted);
      return;
    }
    ending = how;
    const code = how === 'unread' ? exitCodes.ok : exitCodes.interrupted;
    timer = setTimeout(() => surroundings.exit(code), patience);
    controller.abort(
      new NootropicError('ABORTED', how === 'unread' ? 'Nobody reads the output any more.' : 'Interrupted.'),
    );
  };
  const stopListening = surroundings.onInterrupt(() => end('interrupted'));
  surroundings.stdout.onClosed(() => end('unread'));
  try {
    const code = await runCommand(
      args,
      createCli(surroundings, loadHost, {
        signal: controller.signal,
        mayTake: (milliseconds) => (patience = milliseconds),
      }),
    );
    if (ending === 'unread') return exitCodes.ok;
    return code;
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

async function runCommand(args: readonly string[], cli: Cli): Promise<number> {
  let code: number = exitCodes.ok;
  const finish: Finish = async (work) => {
    code = (await work()) ?? exitCodes.ok;
  };
  const separator = args.indexOf('--');
  const json = (separator < 0 ? args : args.slice(0, separator)).includes('--json');
  try {
    await createProgram(cli, finish).parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help'))
      return exitCodes.ok;
    const failure = error instanceof CommanderError ? usageError(error) : NootropicError.from(error);
    if (!cli.signal.aborted || failure.code !== 'ABORTED') await reportFailure(cli, failure, json);
    else if (json) await cli.json({ error: failure });
    return cli.signal.aborted ? exitCodes.interrupted : exitCodeOf(failure.code);
  }
}

function usageError(error: CommanderError): NootropicError {
  const [message = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = rest
    .join(' ')
    .trim()
    .replace(/^\((.*)\)$/, '$1');
  return new NootropicError('USAGE', message, suggestion === '' ? {} : { hint: suggestion });
}

/** The tree of commands. Building it reads no file and loads nothing but commander. */
export function createProgram(cli: Cli, finish: Finish): Command {
  const { style, surroundings } = cli;
  const program = new Command('nootropic');
  program
    .description(
      'A local-first assistant for your code: it answers from what is on this machine, and says where it found it.',
    )
    .version(surroundings.version, '-V, --version', 'print the version')
    .option('--offline', 'let nothing leave this machine: neither from the program nor from what it starts')
    .usage('COMMAND [options]')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void cli.out(text),
      // Only the help of a group called without a command comes this way.
      writeErr: (text) => void cli.out(text),
      // Errors are reported in one place and one form, see `runCommand`.
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(surroundings.stdout.columns, 110),
      getOutHasColors: () => style.enabled,
    })
    .configureHelp({
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map((argument) => `<${argument.name()}>`)].join(' '),
      styleTitle: (text) => style.bold(text),
      styleCommandText: (text) => style.bold(text),
      styleSubcommandText: (text) => style.cyan(text),
      styleOptionText: (text) => style.cyan(text),
    });

  program.commandsGroup('Start here:');
  addChat(program, cli, finish);
  addUi(program, cli, finish);
  addAsk(program, cli, finish);
  addRun(program, cli, finish);
  addCommit(program, cli, finish);
  addReview(program, cli, finish);
  addExplain(program, cli, finish);
  addTest(program, cli, finish);
  addSearch(program, cli, finish);
  addGraph(program, cli, finish);
  addMap(program, cli, finish);
  addGather(program, cli, finish);
  addExecute(program, cli, finish);
  addChain(program, cli, finish);
  program.commandsGroup('What the agent changed:');
  addHistory(program, cli, finish);
  addDiff(program, cli, finish);
  addUndo(program, cli, finish);
  addRedo(program, cli, finish);
  addRewind(program, cli, finish);
  addLessons(program, cli, finish);
  addWorktree(program, cli, finish);
  program.commandsGroup('Manage:');
  addAgents(program, cli, finish);
  addSources(program, cli, finish);
  addContext(program, cli, finish);
  addIndex(program, cli, finish);
  addSessions(program, cli, finish);
  addJobs(program, cli, finish);
  addModels(program, cli, finish);
  addKeys(program, cli, finish);
  addClients(program, cli, finish);
  addServe(program, cli, finish);
  addStatus(program, cli, finish);
  addStop(program, cli, finish);
  addLogs(program, cli, finish);
  addEgress(program, cli, finish);
  addAudit(program, cli, finish);
  addAcp(program, cli, finish);
  addMcp(program, cli, finish);
  addConfig(program, cli, finish);
  addTrust(program, cli, finish);
  addPermissions(program, cli, finish);
  program.commandsGroup('This installation:');
  addDoctor(program, cli, finish);
  addCompletion(program, cli, finish);
  addUninstall(program, cli, finish);

  program.addHelpText('after', footer);
  return program;
}

const footer = `
Examples:
  nootropic                                      # the chat, at a terminal
  nootropic run "fix the failing test"           # a task for the agent
  nootropic ask "where are sessions stored?"     # an answer with its sources
  git diff | nootropic ask "what could break?"   # with text from a pipe
  nootropic COMMAND --help                       # more about one command

Exit codes: 0 ok, 1 error, 2 wrong usage, 3 no model, 4 denied, 5 not found, 130 interrupted.
NOOTROPIC_HOME moves all files of the program; NO_COLOR and FORCE_COLOR are obeyed.`;
