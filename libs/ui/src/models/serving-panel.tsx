import { modelRoles, type ModelRole, type Setting } from '@nootropic/contracts';
import { SelectField } from '../parts/field.tsx';
import { ErrorNote } from '../parts/notes.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import type { Listed } from './here-tab.tsx';
import { choicesFor, servingOf } from './serving.ts';

/** Which model serves which purpose, and choosing another. */
export function ServingPanel({ listed }: { readonly listed: Listed }) {
  const { assistant } = useUi();
  const settings = useAsked((signal) => assistant.config.list(undefined, { signal }), []);
  const text = strings.models.serving;
  return (
    <Panel title={text.title}>
      {settings.error && <ErrorNote error={settings.error} again={settings.again} />}
      {settings.value && (
        <>
          <div className="nt-form-row">
            {modelRoles.map((role) => (
              <Serving
                key={role}
                role={role}
                listed={listed}
                setting={settings.value?.find(({ key }) => key === `models.${role}`)}
                again={settings.again}
              />
            ))}
          </div>
          <p className="nt-faint">{text.later}</p>
        </>
      )}
    </Panel>
  );
}

function Serving(props: {
  readonly role: ModelRole;
  readonly listed: Listed;
  readonly setting: Setting | undefined;
  readonly again: () => void;
}) {
  const { assistant, say } = useUi();
  const { role, listed, setting } = props;
  const text = strings.models.serving;
  const title = strings.models.roles[role];
  const serving = servingOf(role, listed, setting);
  const fixed = setting?.layer === 'environment' || setting?.layer === 'flag';
  const automatic = serving.automatic === undefined ? text.automaticNone : text.automatic(serving.automatic);
  const options: (readonly [string, string])[] = [
    ['', automatic],
    ...choicesFor(role, listed, serving.chosen).map(
      ({ ref, name, local }) => [ref, local ? name : `${name} – ${text.remote}`] as const,
    ),
  ];
  const pick = async (ref: string): Promise<void> => {
    try {
      await assistant.config.set({ key: `models.${role}`, ...(ref !== '' && { value: ref }) });
      say(text.saved(title, options.find(([value]) => value === ref)?.[1] ?? ref));
      props.again();
    } catch (cause) {
      say(cause as Error);
    }
  };
  return (
    <SelectField
      label={title}
      hint={fixed ? text.byEnvironment : strings.models.rolesAbout[role]}
      value={serving.chosen ?? ''}
      options={options}
      disabled={fixed}
      onPick={(ref) => void pick(ref)}
    />
  );
}
