import type { ModelInfo, ProviderKey } from '@nootropic/contracts';
import { CloudOff, CloudUpload } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { useAskFirst } from '../parts/ask-first.tsx';
import { Button } from '../parts/button.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Badge } from '../parts/facts.tsx';
import { TextField } from '../parts/field.tsx';
import { ErrorNote, Waiting } from '../parts/notes.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';

const nameOf = (provider: string): string => strings.models.keys.providers[provider] ?? provider;

/** Providers on the internet: which may be asked, and whether there is a key. A key is written and never read. */
export function KeysTab({ models }: { readonly models: readonly ModelInfo[] }) {
  const { assistant, say } = useUi();
  const keys = useAsked((signal) => assistant.keys.list(undefined, { signal }), []);
  const [setting, setSetting] = useState<string>();
  const { ask, question } = useAskFirst();
  const text = strings.models.keys;
  const permitted = (keys.value ?? []).filter(({ enabled }) => enabled).map(({ provider }) => provider);

  const act = async (work: () => Promise<unknown>, said: string): Promise<void> => {
    try {
      await work();
      say(said);
      keys.again();
    } catch (cause) {
      say(cause as Error);
    }
  };
  const permit = (provider: string, on: boolean): void => {
    const value = on ? [...permitted, provider] : permitted.filter((other) => other !== provider);
    const write = () => void act(() => assistant.config.set({ key: 'providers.enabled', value }), text.permitted);
    if (!on) write();
    else
      ask({
        title: text.permitTitle(nameOf(provider)),
        text: text.permitText,
        yes: text.permit(nameOf(provider)),
        run: write,
      });
  };
  const elsewhere = models.filter(({ ref }) => !ref.startsWith('file:') && !ref.startsWith('builtin:'));
  return (
    <>
      <p className={permitted.length > 0 ? 'nt-note nt-note-warn' : 'nt-note nt-note-good'} role="note">
        {permitted.length > 0 ? <CloudUpload size={18} aria-hidden /> : <CloudOff size={18} aria-hidden />}
        {permitted.length > 0 ? text.leaves(permitted.map(nameOf).join(', ')) : text.stays}
      </p>
      <Panel title={text.title}>
        <p className="nt-muted">{text.about}</p>
        {keys.error && <ErrorNote error={keys.error} again={keys.again} />}
        {!keys.value && !keys.error && <Waiting />}
        {keys.value?.length === 0 && <p>{text.nothing}</p>}
        <ul className="nt-bare-list">
          {keys.value?.map((key) => (
            <KeyRow
              key={key.provider}
              providerKey={key}
              permit={(on) => permit(key.provider, on)}
              set={() => setSetting(key.provider)}
              forget={() =>
                void act(() => assistant.keys.remove({ provider: key.provider }), text.forgotten(nameOf(key.provider)))
              }
            />
          ))}
        </ul>
      </Panel>
      {elsewhere.length > 0 && (
        <Panel title={text.other}>
          <DataTable
            label={text.otherTable}
            rows={elsewhere}
            rowKey={({ ref }) => ref}
            columns={[
              {
                key: 'name',
                title: strings.models.name,
                wide: true,
                sort: ({ name }) => name,
                cell: ({ name, ref }) => <span title={ref}>{name}</span>,
              },
              { key: 'can', title: text.can, cell: ({ can }) => can.join(', ') },
              {
                key: 'runs',
                title: text.runs,
                cell: ({ local }) => <Badge tone={local ? 'good' : 'warn'}>{local ? text.here : text.away}</Badge>,
              },
            ]}
          />
        </Panel>
      )}
      {setting !== undefined && (
        <SetKey
          provider={setting}
          onClose={() => setSetting(undefined)}
          save={(key) => act(() => assistant.keys.set({ provider: setting, key }), text.saved(nameOf(setting)))}
        />
      )}
      {question}
    </>
  );
}

function KeyRow(props: {
  readonly providerKey: ProviderKey;
  readonly permit: (on: boolean) => void;
  readonly set: () => void;
  readonly forget: () => void;
}) {
  const { provider, place, enabled } = props.providerKey;
  const text = strings.models.keys;
  return (
    <li className="nt-key-row">
      <span className="nt-key-name">
        <input
          type="checkbox"
          role="switch"
          className="nt-switch"
          aria-label={text.permit(nameOf(provider))}
          checked={enabled}
          onChange={(event) => props.permit(event.target.checked)}
        />
        <strong>{nameOf(provider)}</strong>
        <Badge tone={enabled ? 'warn' : 'plain'}>{enabled ? text.allowed : text.notAllowed}</Badge>
      </span>
      <span className="nt-muted">{text.places[place]}</span>
      <span className="nt-actions">
        <Button
          kind="quiet"
          aria-label={`${place === 'none' ? text.set : text.replace}: ${nameOf(provider)}`}
          onClick={props.set}
        >
          {place === 'none' ? text.set : text.replace}
        </Button>
        {(place === 'file' || place === 'keychain') && (
          <Button kind="quiet" aria-label={`${text.forget}: ${nameOf(provider)}`} onClick={props.forget}>
            {text.forget}
          </Button>
        )}
      </span>
    </li>
  );
}

function SetKey(props: {
  readonly provider: string;
  readonly onClose: () => void;
  readonly save: (key: string) => Promise<void>;
}) {
  const [key, setKey] = useState('');
  const text = strings.models.keys;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (key.trim() === '') return;
    void props.save(key.trim());
    props.onClose();
  };
  return (
    <Dialog
      title={text.setTitle(nameOf(props.provider))}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{strings.shell.cancel}</Button>
          <Button kind="primary" type="submit" form="nt-key" disabled={key.trim() === ''}>
            {text.save}
          </Button>
        </>
      }
    >
      <form id="nt-key" onSubmit={submit}>
        <TextField
          label={text.key}
          hint={text.keyHint}
          type="password"
          autoComplete="off"
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
      </form>
    </Dialog>
  );
}
