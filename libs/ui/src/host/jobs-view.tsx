import { jobStates, type Job, type JobState } from '@nootropic/contracts';
import { ListChecks, Plus } from 'lucide-react';
import { useState } from 'react';
import { Progress } from '../parts/bars.tsx';
import { Button } from '../parts/button.tsx';
import { DataTable, type TableColumn } from '../parts/data-table.tsx';
import { Badge } from '../parts/facts.tsx';
import { SelectField, TextField } from '../parts/field.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { View } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi, type Place } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import './host.css';
import { JobDialog } from './job-dialog.tsx';
import { JobForm } from './job-form.tsx';
import { jobTones, kindOf, matching, titleOf, whenOf } from './job-words.ts';

/** Jobs that are asked for; those before are found by their id. */
const most = 1000;

/** The queue of work that goes on without a person. */
export function JobsView({ place }: { readonly place: Place }) {
  const { assistant, go } = useUi();
  const [adding, setAdding] = useState(false);
  const [words, setWords] = useState('');
  const [kind, setKind] = useState<string>();
  const { value, error, again } = useAsked((signal) => assistant.jobs.list({ limit: most }, { signal }), [], {
    everyMs: 1500,
  });
  const state = jobStates.find((known) => known === place['state']);
  const text = strings.host.jobs;
  const jobs = value ?? [];
  const found = matching(jobs, { state, kind, words });
  const dead = jobs.filter((job) => job.state === 'dead').length;
  const to = (next: Readonly<Record<string, string | undefined>>): void => {
    const all = { ...place, ...next };
    go(
      'jobs',
      Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    );
  };
  return (
    <View
      title={text.title}
      about={text.about}
      actions={
        <Button kind="primary" icon={<Plus size={15} aria-hidden />} onClick={() => setAdding(true)}>
          {text.add}
        </Button>
      }
    >
      {error && <ErrorNote error={error} again={again} />}
      {!value && !error && <Waiting />}
      {value?.length === 0 && (
        <EmptyState icon={<ListChecks size={32} aria-hidden />} title={text.empty}>
          <p>{text.emptyText}</p>
        </EmptyState>
      )}
      {jobs.length > 0 && (
        <>
          {dead > 0 && state !== 'dead' && (
            <p className="nt-note nt-note-bad" role="status">
              {text.deadCount(dead)}
              <Button kind="quiet" onClick={() => to({ state: 'dead' })}>
                {text.showDead}
              </Button>
            </p>
          )}
          <div className="nt-filters">
            <StateFilter jobs={jobs} state={state} onPick={(picked) => to({ state: picked })} />
            <SelectField
              label={text.kind}
              quietLabel
              value={kind ?? ''}
              options={[['', text.anyKind], ...Object.entries(text.kinds)]}
              onPick={(picked) => setKind(picked === '' ? undefined : picked)}
            />
            <TextField
              label={text.search}
              quietLabel
              type="search"
              placeholder={text.search}
              value={words}
              onChange={(event) => setWords(event.target.value)}
            />
          </div>
          <JobTable jobs={found} show={(id) => to({ id })} />
        </>
      )}
      {place['id'] !== undefined && (
        <JobDialog id={place['id']} onClose={() => to({ id: undefined })} changed={again} />
      )}
      {adding && (
        <JobForm
          onClose={() => setAdding(false)}
          added={(job) => {
            setAdding(false);
            again();
            to({ id: job.id, state: undefined });
          }}
        />
      )}
    </View>
  );
}

function StateFilter(props: {
  readonly jobs: readonly Job[];
  readonly state: JobState | undefined;
  readonly onPick: (state: JobState | undefined) => void;
}) {
  const text = strings.host.jobs;
  const count = (state: JobState): number => props.jobs.filter((job) => job.state === state).length;
  return (
    <div className="nt-chips" role="group" aria-label={text.statesTitle}>
      <button type="button" aria-pressed={props.state === undefined} onClick={() => props.onPick(undefined)}>
        {text.all} <b>{props.jobs.length}</b>
      </button>
      {jobStates.map((state) => (
        <button key={state} type="button" aria-pressed={props.state === state} onClick={() => props.onPick(state)}>
          {text.states[state]} <b>{count(state)}</b>
        </button>
      ))}
    </div>
  );
}

function JobTable({ jobs, show }: { readonly jobs: readonly Job[]; readonly show: (id: string) => void }) {
  const text = strings.host.jobs;
  const now = Date.now();
  return (
    <DataTable<Job>
      label={text.table}
      rows={jobs}
      rowKey={({ id }) => id}
      empty={<EmptyState title={text.nothing} />}
      columns={[
        {
          key: 'state',
          title: text.statesTitle,
          sort: ({ state }) => jobStates.indexOf(state),
          cell: ({ state }) => <Badge tone={jobTones[state]}>{text.states[state]}</Badge>,
        },
        {
          key: 'job',
          title: text.job,
          wide: true,
          sort: titleOf,
          cell: (job) => (
            <>
              <button
                type="button"
                className="nt-row-link"
                aria-label={text.show(titleOf(job))}
                onClick={() => show(job.id)}
              >
                {titleOf(job)}
              </button>
              {job.error && <div className="nt-faint nt-text-bad">{`${job.error.code}: ${job.error.message}`}</div>}
            </>
          ),
        },
        { key: 'kind', title: text.kind, sort: kindOf, cell: kindOf },
        ...(jobs.some(({ progress, state }) => progress && state === 'running') ? [progressColumn()] : []),
        { key: 'when', title: text.when, sort: (job) => job.endedAt ?? job.runAt, cell: (job) => whenOf(job, now) },
      ]}
    />
  );
}

function progressColumn(): TableColumn<Job> {
  return {
    key: 'progress',
    title: strings.host.jobs.progress,
    cell: ({ id, progress, state }) =>
      state === 'running' && progress ? (
        <div className="nt-job-progress">
          <Progress label={id} done={progress.done} total={progress.total} note={progress.note} />
        </div>
      ) : (
        ''
      ),
  };
}
