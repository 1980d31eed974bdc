import { lazy, Suspense, useMemo, useState, type ComponentType, type ReactNode } from 'react';
import { languageNamed } from './language-of.ts';
import type { Coloured, ColourProps } from './use-colours.ts';
import { longestHighlightedLine, mostHighlighted, plainLines, type CodeLine } from './code-lines.ts';

export interface HighlightedProps {
  readonly text: string;
  /** A grammar, or what a fence in markdown calls it. Unset: plain. */
  readonly language: string | undefined;
  readonly children: (lines: readonly CodeLine[]) => ReactNode;
}

/** A part of the page that cannot be loaded (the host was replaced, or is gone) leaves the code plain. */
function late(load: () => Promise<ComponentType<ColourProps>>): ComponentType<ColourProps> {
  return lazy(() => load().then(asModule, () => asModule(() => null)));
}

function asModule(component: ComponentType<ColourProps>) {
  return { default: component };
}

const UsualGrammars = late(async () => (await import('./grammars-usual.tsx')).UsualGrammars);
const AllGrammars = late(async () => (await import('./grammars-all.tsx')).AllGrammars);

/** Languages whose grammars are loaded with the first code that is shown; every other comes with all that there are. */
const common = new Set(
  (
    'arduino bash c cpp csharp css diff go graphql ini java javascript json kotlin less lua makefile markdown objectivec perl php ' +
    'python r ruby rust scss shell sql swift typescript vbnet wasm xml yaml'
  ).split(' '),
);

/**
 * Code with colours, as lines. Grammars are loaded late; until then, for languages without one, and for texts that would hold the page up,
 * the lines are plain. What is drawn stays when its colours come.
 */
export function Highlighted({ text, language, children }: HighlightedProps) {
  const [coloured, setColoured] = useState<Coloured>();
  const name = language === undefined ? undefined : languageNamed(language);
  const plain = useMemo(() => plainLines(text), [text]);
  const isTooLarge =
    text.length > mostHighlighted || plain.some((line) => (line[0]?.text.length ?? 0) > longestHighlightedLine);
  if (name === undefined || isTooLarge) return children(plain);
  const Grammars = common.has(name) ? UsualGrammars : AllGrammars;
  return (
    <>
      {children(coloured?.language === name ? coloured.lines : plain)}
      <Suspense fallback={null}>
        <Grammars text={text} language={name} onLines={setColoured} />
      </Suspense>
    </>
  );
}
