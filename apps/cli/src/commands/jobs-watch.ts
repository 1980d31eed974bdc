import { exitCodes, type Assistant, type Job } from '@nootropic/contracts';
import type { Cli, CommonOptions } from '../cli.ts';
import { jobNote, progressText, resultText, shortJobId } from '../job-lines.ts';

/** Follows a job to its end and prints its result. The exit code is 1 where it did not get there. */
export async function watchJob(
  cli: Cli,
  assistant: Assistant,
  { id, options }: { readonly id: string; readonly options: CommonOptions },
): Promise<number> {
  const bar = cli.progress(options);
  let last: Job | undefined;
  try {
    for await (const job of await assistant.jobs.watch({ id }, { signal: cli.signal })) {
      last = job;
      if (options.json === true) await cli.json(job);
      else if (job.state === 'running') {
        const { done = 0, total = 0 } = job.progress ?? {};
        bar.update(done, total, cli.cleanTalk(job.progress ? progressText(job.progress) : `${job.kind} runs`));
      } else if (job.state === 'waiting') bar.update(0, 0, cli.cleanTalk(`waits ${jobNote(job)}`.trim()));
    }
  } finally {
    bar.clear();
    if (cli.signal.aborted && options.json !== true && last && (last.state === 'running' || last.state === 'waiting'))
      await cli.talk(
        `The job goes on. \`nootropic jobs watch ${shortJobId(last)}\` follows it again, \`nootropic jobs cancel ${shortJobId(last)}\` ends it.\n`,
      );
  }
  cli.signal.throwIfAborted();
  if (last?.state === 'done') {
    if (options.json !== true) await cli.out(resultText(cli, last.result));
    return exitCodes.ok;
  }
  if (options.json !== true) {
    const why = last?.error ? ` ${last.error.code}: ${last.error.message}` : '';
    await cli.talk(
      cli.cleanTalk(last ? `Job ${shortJobId(last)} is ${last.state}.${why}\n` : 'The job was forgotten.\n'),
    );
  }
  return exitCodes.error;
}
