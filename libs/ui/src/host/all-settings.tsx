import { NootropicError, type Setting } from '@nootropic/contracts';
import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { formatNumber } from '../parts/amounts.ts';
import { IconButton } from '../parts/button.tsx';
import { Badge } from '../parts/facts.tsx';
import { TextField } from '../parts/field.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { controlOf, type ValueSchema } from '../parts/schema-control.ts';
import { SchemaField } from '../parts/schema-field.tsx';
import { WithCode } from '../parts/with-code.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { foundSettings, groupsOf, isChanged, schemaOf, shownValue } from './setting-groups.ts';
import './settings.css';

/** Every setting with its value, where that comes from, and a control to change it. */
export function AllSettings({ find }: { readonly find: string }) {
  const { assistant } = useUi();
  const [words, setWords] = useState(find);
  const [only, setOnly] = useState(false);
  const [changed, setChanged] = useState(false);
  const { value, error, again } = useAsked((signal) => assistant.config.list(undefined, { signal }), []);
  const text = strings.host.settings;
  const found = foundSettings(value ?? [], words, only);
  const groups = groupsOf(found);
  return (
    <>
      <div className="nt-filters">
        <TextField
          label={text.search}
          quietLabel
          type="search"
          placeholder={text.search}
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <label className="nt-check">
          <input type="checkbox" checked={only} onChange={(event) => setOnly(event.target.checked)} /> {text.only}
        </label>
        {value && (
          <span className="nt-faint" role="status">
            {text.count(found.length, value.length)}
          </span>
        )}
      </div>
      <p className={changed ? 'nt-note nt-note-warn' : 'nt-faint'} role="status">
        {changed ? text.restartNow : text.restart} {changed && <code>{text.restartHow}</code>}
      </p>
      {error && <ErrorNote error={error} again={again} />}
      {!value && !error && <Waiting />}
      {value && found.length === 0 && <EmptyState title={text.nothing} />}
      <div className="nt-settings">
        <nav aria-label={text.jump}>
          <ul>
            {groups.map(({ name, settings }) => (
              <li key={name}>
                <button
                  type="button"
                  onClick={() => document.getElementById(`nt-settings-${name}`)?.scrollIntoView({ block: 'start' })}
                >
                  {text.groups[name] ?? name} <span className="nt-faint">{settings.length}</span>
                </button>
              </li>
            ))}
          </ul>
        </nav>
        <div>
          {groups.map(({ name, settings }) => (
            <section
              key={name}
              id={`nt-settings-${name}`}
              className="nt-setting-group"
              aria-label={text.groups[name] ?? name}
            >
              <h2>{text.groups[name] ?? name}</h2>
              {settings.map((setting) => (
                <SettingRow
                  key={setting.key}
                  setting={setting}
                  again={() => {
                    setChanged(true);
                    again();
                  }}
                />
              ))}
            </section>
          ))}
        </div>
      </div>
    </>
  );
}

function SettingRow({ setting, again }: { readonly setting: Setting; readonly again: () => void }) {
  const { assistant, say } = useUi();
  const [error, setError] = useState<string>();
  const text = strings.host.settings;
  const { key, value, layer, layers, description } = setting;
  const fixed = layer === 'environment' || layer === 'flag';
  const inFile = layers.find((each) => each.layer === 'user');
  const schema = schemaOf(setting);
  const write = async (next: unknown): Promise<void> => {
    try {
      await assistant.config.set({ key, ...(next !== undefined && { value: next }) });
      setError(undefined);
      say(next === undefined ? text.wasReset(key) : text.saved(key), {
        label: text.undo,
        run: () => void write(inFile?.value),
      });
      again();
    } catch (cause) {
      const { message, hint } = NootropicError.from(cause);
      setError(`${message} ${hint}`.trim());
    }
  };
  return (
    <div className="nt-setting" data-changed={isChanged(setting) || undefined}>
      <div className="nt-setting-words">
        <h3>
          <code>{key}</code>
        </h3>
        <p>
          <WithCode text={description} />
        </p>
        {layers.length > 1 && (
          <details>
            <summary>{text.others}</summary>
            <ul>
              {layers.map((each) => (
                <li key={each.layer}>
                  {text.layers[each.layer] ?? each.layer}: <code>{shownValue(each.value) || text.empty}</code>
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
      <div className="nt-setting-control">
        <SchemaField
          label={key}
          quietLabel
          schema={schema}
          value={value}
          disabled={fixed}
          placeholder={text.layers['unset'] ?? ''}
          error={error}
          hint={fixed ? text.fixed(text.layers[layer] ?? layer) : hintOf(schema)}
          onChange={(next) => void write(next)}
        />
      </div>
      <div className="nt-setting-layer">
        <Badge tone={isChanged(setting) ? 'accent' : 'plain'}>{text.layers[layer] ?? layer}</Badge>
        {inFile && !fixed && (
          <IconButton
            label={text.resetKey(key)}
            icon={<RotateCcw size={15} aria-hidden />}
            onClick={() => void write(undefined)}
          />
        )}
      </div>
    </div>
  );
}

function hintOf(schema: ValueSchema): string | undefined {
  return controlOf(schema) === 'lines' ? strings.host.form.onePerLine : boundsOf(schema.minimum, schema.maximum);
}

/** Bounds that a number has, in words; those that only the number format sets are left out. */
function boundsOf(least: number | undefined, most: number | undefined): string | undefined {
  const text = strings.host.settings;
  const [low, high] = [least, most].map((bound) =>
    bound === undefined || Math.abs(bound) >= Number.MAX_SAFE_INTEGER ? undefined : formatNumber(bound),
  );
  if (low !== undefined && high !== undefined) return text.bounds(low, high);
  return low !== undefined ? text.atLeast(low) : high === undefined ? undefined : text.atMost(high);
}
