import { useMemo } from 'react';
import { useStore } from 'zustand';
import { modelTitle } from '../shell/model-title.ts';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { composerModes, type Composer } from './composer-store.ts';

/** The model that would answer: its name, and whether it takes pictures. */
export function useChosenModel(composer: Composer): { readonly name: string; readonly sees: boolean } {
  const { assistant } = useUi();
  const chosen = useStore(composer.store, ({ model }) => model);
  const { value } = useAsked((signal) => assistant.models.list(undefined, { signal }), []);
  return useMemo(() => {
    const ref = chosen === '' ? (value?.chat ?? '') : chosen;
    const model = value?.models.find((each) => each.ref === ref);
    return {
      name: model?.name ?? (ref || strings.chat.composer.modelUsual('')),
      sees: model?.can.includes('see') ?? false,
    };
  }, [chosen, value]);
}

function titleOf({ ref, name }: { readonly ref: string; readonly name: string }): string {
  return name === ref ? modelTitle(ref) : name;
}

/** Mode, model and agent of what is sent next. */
export function ComposerOptions({ composer }: { readonly composer: Composer }) {
  const words = strings.chat.composer;
  const { assistant, workspace } = useUi();
  const { mode, model, agent } = useStore(composer.store);
  const models = useAsked((signal) => assistant.models.list(undefined, { signal }), []).value;
  const agents = useAsked((signal) => assistant.trust.show({ workspace }, { signal }), [workspace]).value?.agents ?? [];
  const usual = titleOf(
    models?.models.find(({ ref }) => ref === models.chat) ?? { ref: models?.chat ?? '', name: models?.chat ?? '' },
  );
  const writers = models?.models.filter(({ can }) => can.includes('generate')) ?? [];
  const known = model === '' || model === 'none' || writers.some(({ ref }) => ref === model);
  return (
    <>
      <select
        className="nt-quiet-select"
        aria-label={words.mode}
        title={words.modeMeans[mode]}
        value={mode}
        onChange={({ target }) =>
          composer.choose({ mode: composerModes.find((each) => each === target.value) ?? 'question' })
        }
      >
        {composerModes.map((each) => (
          <option key={each} value={each} title={words.modeMeans[each]}>
            {words.modes[each]}
          </option>
        ))}
      </select>
      <select
        className="nt-quiet-select nt-model-select"
        aria-label={words.model}
        title={words.model}
        value={known ? model : ''}
        onChange={({ target }) => composer.choose({ model: target.value })}
      >
        <option value="">{words.modelUsual(usual)}</option>
        {writers.map(({ ref, name }) => (
          <option key={ref} value={ref}>
            {titleOf({ ref, name })}
          </option>
        ))}
        <option value="none">{words.modelNone}</option>
      </select>
      {mode !== 'question' && (
        <select
          className="nt-quiet-select"
          aria-label={words.agent}
          title={words.agent}
          value={agent}
          onChange={({ target }) => composer.choose({ agent: target.value })}
        >
          <option value="">{words.agentUsual}</option>
          {Object.entries(words.builtInAgents).map(([name, title]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
          {agents.map(({ name, description }) => (
            <option key={name} value={name} title={description}>
              {name}
            </option>
          ))}
        </select>
      )}
      <span className="nt-mode-means nt-faint">{words.modeMeans[mode]}</span>
    </>
  );
}
