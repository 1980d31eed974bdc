import type { Job } from '@nootropic/contracts';
import { CircleAlert } from 'lucide-react';
import { useState } from 'react';
import { formatAgo, formatDuration, formatMoment } from '../parts/amounts.ts';
import { useAskFirst } from '../parts/ask-first.tsx';
import { Progress } from '../parts/bars.tsx';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Badge, Facts } from '../parts/facts.tsx';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { changesOf, jobTones, kindOf, repeatsOf, titleOf, tookOf } from './job-words.ts';
import { useWatchedJob } from './use-watched-job.ts';

/** One job, live, with what it was given, what came of it, and what can be done with it. */
export function JobDialog(props: { readonly id: string; readonly onClose: () => void; readonly changed: () => void }) {
  const { assistant, say } = useUi();
  const [turn, setTurn] = useState(0);
  const { job, error } = useWatchedJob(assistant, props.id, turn);
  const { ask, question } = useAskFirst();
  const text = strings.host.jobs;
  const change = async (what: 'cancel' | 'retry' | 'remove'): Promise<void> => {
    try {
      await assistant.jobs.change({ id: props.id, what });
      say(text.changed[what]);
      if (what === 'remove') props.onClose();
      else setTurn((before) => before + 1);
      props.changed();
    } catch (cause) {
      say(cause as Error);
    }
  };
  const press = (what: 'cancel' | 'retry' | 'remove'): void => {
    if (what !== 'remove') void change(what);
    else ask({ title: text.forget.title, text: text.forget.text, yes: text.remove, run: () => void change('remove') });
  };
  return (
    <Dialog
      wide
      title={job ? titleOf(job) : text.job}
      onClose={props.onClose}
      actions={
        <>
          {job &&
            changesOf(job).map((what) => (
              <Button key={what} kind={what === 'remove' ? 'danger' : 'plain'} onClick={() => press(what)}>
                {text[what]}
              </Button>
            ))}
          <Button onClick={props.onClose}>{strings.shell.close}</Button>
        </>
      }
    >
      {error && <ErrorNote error={error} again={() => setTurn((before) => before + 1)} />}
      {!job && !error && <Waiting />}
      {job && <JobFacts job={job} />}
      {question}
    </Dialog>
  );
}

function JobFacts({ job }: { readonly job: Job }) {
  const text = strings.host.jobs;
  const { state, progress, error, webhook, cron, attempts, retry } = job;
  const now = Date.now();
  return (
    <div className="nt-job">
      <p aria-live="polite">
        <Badge tone={jobTones[state]}>{text.states[state]}</Badge> <span className="nt-muted">{kindOf(job)}</span>
      </p>
      {state === 'running' && progress && (
        <Progress
          label={text.progress}
          done={progress.done}
          total={progress.total}
          note={[progress.total > 0 ? `${progress.done} / ${progress.total}` : '', progress.note]
            .filter(Boolean)
            .join(' ')}
        />
      )}
      {error && (
        <section className="nt-note nt-note-error" aria-label={text.dead}>
          <CircleAlert aria-hidden size={16} />
          <div>
            <strong>{error.message}</strong> {error.hint} <code className="nt-faint">{error.code}</code>
          </div>
        </section>
      )}
      <Facts
        facts={[
          [text.added, `${formatMoment(job.createdAt)} (${formatAgo(job.createdAt, now)})`],
          [text.repeats, cron !== undefined && <span title={cron}>{repeatsOf(cron)}</span>],
          [text.runAt, state === 'waiting' && `${formatMoment(job.runAt)} (${formatAgo(job.runAt, now)})`],
          [text.runs, cron === undefined ? text.runsOf(attempts, retry.attempts) : String(attempts)],
          [text.took, tookOf(job)],
          [text.timeout, formatDuration(job.timeoutMs)],
          [text.priority, job.priority !== 0 && String(job.priority)],
          [text.key, job.idempotencyKey],
          [text.webhook, webhook && `${webhook.url} ${text.webhookStates[webhook.state]} ${webhook.note}`],
        ]}
      />
      {job.result !== undefined && <Written title={text.result} value={job.result} open />}
      <Written title={text.payload} value={job.payload} open={false} />
    </div>
  );
}

/** A value as text: the text in it where there is one, else as JSON. */
function Written(props: { readonly title: string; readonly value: unknown; readonly open: boolean }) {
  const { value } = props;
  const text =
    typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string' && props.open
      ? value.text
      : JSON.stringify(value, null, 2);
  return (
    <details open={props.open}>
      <summary>{props.title}</summary>
      <pre className="nt-pre" tabIndex={0}>
        {text}
      </pre>
    </details>
  );
}
