import { jobKinds, NootropicError, type Assistant, type Job, type JobKind } from '@nootropic/contracts';
import { useMemo, useState, type FormEvent } from 'react';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { SelectField, TextField } from '../parts/field.tsx';
import { ErrorNote } from '../parts/notes.tsx';
import { titleOfKey, type ValueSchema } from '../parts/schema-control.ts';
import { SchemaField } from '../parts/schema-field.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { cronWords } from './cron-words.ts';
import { jobForms, missingOf } from './job-kinds.ts';
import { spanOf, spanText } from './spans.ts';

type NewJob = Parameters<Assistant['jobs']['add']>[0];
type Values = Readonly<Record<string, unknown>>;
type When = 'now' | 'later' | 'again';

/** Adds a job. What each kind needs comes from its schema. */
export function JobForm({ onClose, added }: { readonly onClose: () => void; readonly added: (job: Job) => void }) {
  const { assistant, workspace, say } = useUi();
  const forms = useMemo(jobForms, []);
  const [kind, setKind] = useState<JobKind>('turn');
  const [payloads, setPayloads] = useState<Readonly<Partial<Record<JobKind, Values>>>>({});
  const [rest, setRest] = useState<Values>({});
  const [when, setWhen] = useState<When>('now');
  const [delay, setDelay] = useState('10m');
  const [cron, setCron] = useState('0 3 * * *');
  const [timeout, setTimeout] = useState(spanText(Number(forms.job.properties?.['timeoutMs']?.default ?? 3_600_000)));
  const [tried, setTried] = useState(false);
  const [error, setError] = useState<NootropicError>();
  const text = strings.host.jobs.form;
  const { schema, main } = forms.kinds[kind];
  const first: Values = schema.properties?.['workspace'] && schema.required?.includes('workspace') ? { workspace } : {};
  const payload: Values = { ...first, ...payloads[kind] };
  const missing = missingOf(schema, payload);
  const spans = { delay: spanOf(delay), timeout: spanOf(timeout) };

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    if (missing.length > 0 || spans.timeout === undefined || (when === 'later' && spans.delay === undefined)) return;
    const job: NewJob = {
      kind,
      payload: given(payload),
      timeoutMs: spans.timeout,
      ...given(rest),
      ...(when === 'later' && { delayMs: spans.delay }),
      ...(when === 'again' && { cron }),
    };
    try {
      const answer = await assistant.jobs.add(job);
      say(answer.added ? strings.host.jobs.addedIt : strings.host.jobs.there);
      added(answer.job);
    } catch (cause) {
      setError(NootropicError.from(cause));
    }
  };
  const field = (name: string) => (
    <PayloadField
      key={`${kind} ${name}`}
      name={name}
      schema={schema.properties?.[name] ?? {}}
      value={payload[name]}
      missing={tried && missing.includes(name)}
      onChange={(value) => setPayloads((before) => ({ ...before, [kind]: { ...before[kind], [name]: value } }))}
    />
  );
  const jobField = (name: string, label: string, hint: string) => (
    <SchemaField
      label={label}
      hint={hint}
      schema={forms.job.properties?.[name] ?? {}}
      value={rest[name]}
      onChange={(value) => setRest((before) => ({ ...before, [name]: value }))}
    />
  );
  const others = Object.keys(schema.properties ?? {}).filter((name) => !main.includes(name));
  const words = cronWords(cron);
  return (
    <Dialog
      wide
      title={text.title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{strings.shell.cancel}</Button>
          <Button kind="primary" type="submit" form="nt-job-form">
            {text.add}
          </Button>
        </>
      }
    >
      <form id="nt-job-form" className="nt-form" onSubmit={(event) => void submit(event)} noValidate>
        <SelectField
          label={text.kind}
          hint={text.about[kind]}
          value={kind}
          options={jobKinds.map((each) => [each, strings.host.jobs.kinds[each] ?? each] as const)}
          onPick={(picked) => setKind(picked as JobKind)}
        />
        {main.map(field)}
        <div className="nt-form-row">
          <SelectField
            label={text.when}
            value={when}
            options={[
              ['now', text.now],
              ['later', text.later],
              ['again', text.again],
            ]}
            onPick={(picked) => setWhen(picked as When)}
          />
          {when === 'later' && (
            <TextField
              label={text.delay}
              hint={strings.host.form.span}
              error={spans.delay === undefined ? strings.host.form.notSpan : undefined}
              value={delay}
              onChange={(event) => setDelay(event.target.value)}
            />
          )}
          {when === 'again' && (
            <TextField
              label={text.cron}
              hint={words === undefined ? text.cronHint : text.cronSays(words)}
              className="nt-code-input"
              value={cron}
              onChange={(event) => setCron(event.target.value)}
            />
          )}
          {jobField('label', text.label, text.labelHint)}
        </div>
        <details>
          <summary>{strings.host.form.more}</summary>
          <div className="nt-form nt-form-more">
            {others.map(field)}
            <div className="nt-form-row">
              {jobField('priority', text.priority, text.priorityHint)}
              <TextField
                label={text.timeout}
                hint={strings.host.form.span}
                error={spans.timeout === undefined ? strings.host.form.notSpan : undefined}
                value={timeout}
                onChange={(event) => setTimeout(event.target.value)}
              />
              <SchemaField
                label={text.attempts}
                schema={forms.job.properties?.['retry']?.properties?.['attempts'] ?? {}}
                value={(rest['retry'] as Values | undefined)?.['attempts'] ?? 3}
                onChange={(attempts) => setRest((before) => ({ ...before, retry: { attempts } }))}
              />
              {jobField('idempotencyKey', text.key, text.keyHint)}
            </div>
          </div>
        </details>
        {error && <ErrorNote error={error} />}
      </form>
    </Dialog>
  );
}

function PayloadField(props: {
  readonly name: string;
  readonly schema: ValueSchema;
  readonly value: unknown;
  readonly missing: boolean;
  readonly onChange: (value: unknown) => void;
}) {
  const { schema } = props;
  return (
    <SchemaField
      label={titleOfKey(props.name)}
      schema={schema}
      hint={schema.description}
      value={props.value ?? schema.default}
      error={props.missing ? strings.host.form.needed : undefined}
      onChange={props.onChange}
    />
  );
}

/** What was given at all. */
function given(values: Values): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''));
}
