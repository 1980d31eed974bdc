import { clientRoles, NootropicError, type Assistant, type ClientRole, type HostClient } from '@nootropic/contracts';
import { Copy, Plus, Trash2 } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { formatAgo, formatNumber } from '../parts/amounts.ts';
import { useAskFirst } from '../parts/ask-first.tsx';
import { Button, IconButton } from '../parts/button.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { SelectField, TextField } from '../parts/field.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';

type NewClient = Parameters<Assistant['clients']['add']>[0];

/** As the contract has it. */
const nameForm = /^[a-z0-9][a-z0-9._-]{0,63}$/u;

/** Programs that have a key of their own: what each may, and when it last came. */
export function ProgramsPanel() {
  const { assistant, say } = useUi();
  const { value, error, again } = useAsked((signal) => assistant.clients.list(undefined, { signal }), []);
  const [adding, setAdding] = useState(false);
  const { ask, question } = useAskFirst();
  const text = strings.host.programs;
  const remove = async ({ name }: HostClient): Promise<void> => {
    try {
      await assistant.clients.remove({ name });
      say(text.removed(name));
      again();
    } catch (cause) {
      say(cause as Error);
    }
  };
  const limit = (amount: number | undefined): string => (amount === undefined ? text.noLimit : formatNumber(amount));
  return (
    <Panel
      title={text.title}
      actions={
        <Button icon={<Plus size={15} aria-hidden />} onClick={() => setAdding(true)}>
          {text.add}
        </Button>
      }
    >
      <p className="nt-muted">{text.about}</p>
      {error && <ErrorNote error={error} again={again} />}
      {!value && !error && <Waiting />}
      {value && (
        <DataTable
          label={text.table}
          rows={value}
          rowKey={({ name }) => name}
          empty={<EmptyState title={text.nothing} />}
          columns={[
            { key: 'name', title: text.name, sort: ({ name }) => name, cell: ({ name }) => <strong>{name}</strong> },
            {
              key: 'role',
              title: text.role,
              sort: ({ role }) => clientRoles.indexOf(role),
              cell: ({ role }) => text.roles[role],
            },
            {
              key: 'class',
              title: text.workClass,
              cell: ({ workClass }) => (workClass ? text.classes[workClass] : text.anyClass),
            },
            {
              key: 'minute',
              title: text.perMinute,
              number: true,
              cell: ({ requestsPerMinute }) => limit(requestsPerMinute),
            },
            { key: 'day', title: text.perDay, number: true, cell: ({ tokensPerDay }) => limit(tokensPerDay) },
            {
              key: 'used',
              title: text.used,
              sort: ({ usedAt }) => usedAt ?? 0,
              cell: ({ usedAt }) => (usedAt === undefined ? text.never : formatAgo(usedAt, Date.now())),
            },
            { key: 'key', title: text.key, cell: ({ hint }) => <code>{hint}…</code> },
            {
              key: 'remove',
              title: '',
              cell: (client) => (
                <IconButton
                  label={text.removeName(client.name)}
                  icon={<Trash2 size={15} aria-hidden />}
                  onClick={() =>
                    ask({
                      title: text.removeTitle(client.name),
                      text: text.removeText,
                      yes: text.remove,
                      run: () => void remove(client),
                    })
                  }
                />
              ),
            },
          ]}
        />
      )}
      {adding && <AddProgram onClose={() => setAdding(false)} added={again} />}
      {question}
    </Panel>
  );
}

function AddProgram({ onClose, added }: { readonly onClose: () => void; readonly added: () => void }) {
  const { assistant } = useUi();
  const [name, setName] = useState('');
  const [role, setRole] = useState<ClientRole>('models');
  const [limits, setLimits] = useState({ minute: '', day: '' });
  const [tried, setTried] = useState(false);
  const [error, setError] = useState<NootropicError>();
  const [made, setMade] = useState<{ readonly name: string; readonly key: string }>();
  const text = strings.host.programs;
  const right = nameForm.test(name);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setTried(true);
    if (!right) return;
    const [minute, day] = [Number(limits.minute), Number(limits.day)];
    const client: NewClient = {
      ...{ name, role },
      ...(minute > 0 && { requestsPerMinute: minute }),
      ...(day > 0 && { tokensPerDay: day }),
    };
    try {
      const { key } = await assistant.clients.add(client);
      setMade({ name, key });
      added();
    } catch (cause) {
      setError(NootropicError.from(cause));
    }
  };
  if (made) return <ShownOnce name={made.name} secret={made.key} onClose={onClose} />;
  return (
    <Dialog
      title={text.add}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{strings.shell.cancel}</Button>
          <Button kind="primary" type="submit" form="nt-program">
            {text.make}
          </Button>
        </>
      }
    >
      <form id="nt-program" className="nt-form" onSubmit={(event) => void submit(event)}>
        <TextField
          label={text.name}
          hint={text.nameHint}
          error={tried && !right ? text.nameWrong : undefined}
          spellCheck={false}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <SelectField
          label={text.role}
          value={role}
          options={clientRoles.map((each) => [each, text.roles[each]] as const)}
          onPick={(picked) => setRole(picked as ClientRole)}
        />
        <div className="nt-form-row">
          <TextField
            label={text.perMinute}
            type="number"
            min={1}
            placeholder={text.noLimit}
            value={limits.minute}
            onChange={(event) => setLimits((before) => ({ ...before, minute: event.target.value }))}
          />
          <TextField
            label={text.perDay}
            type="number"
            min={1}
            placeholder={text.noLimit}
            value={limits.day}
            onChange={(event) => setLimits((before) => ({ ...before, day: event.target.value }))}
          />
        </div>
        {error && <ErrorNote error={error} />}
      </form>
    </Dialog>
  );
}

/** A key that is never shown again. */
function ShownOnce({
  name,
  secret,
  onClose,
}: {
  readonly name: string;
  readonly secret: string;
  readonly onClose: () => void;
}) {
  const [copied, setCopied] = useState(false);
  const text = strings.host.programs;
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(secret);
    setCopied(true);
  };
  return (
    <Dialog
      title={text.keyTitle(name)}
      onClose={onClose}
      actions={
        <>
          <Button icon={<Copy size={15} aria-hidden />} onClick={() => void copy().catch(() => undefined)}>
            {copied ? text.copied : text.copy}
          </Button>
          <Button kind="primary" onClick={onClose}>
            {text.done}
          </Button>
        </>
      }
    >
      <p>{text.keyOnce}</p>
      <TextField
        label={text.key}
        className="nt-code-input"
        readOnly
        value={secret}
        onFocus={(event) => event.target.select()}
      />
    </Dialog>
  );
}
