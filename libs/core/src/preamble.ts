import type { FoundCustomizations, Lesson } from '@nootropic/contracts';

/** Characters of one file of instructions; more is cut, and said. */
const longestInstructions = 12_000;

/**
 * What a turn tells the agent beside its question. Each part is told once in a session: what was told already and is still in the prompt is
 * left out, so that a session reads a file of instructions once, and again only when the file has changed.
 */
export function composePreamble(
  parts: {
    readonly handOver: string;
    readonly found: Pick<FoundCustomizations, 'instructions' | 'skills'>;
    readonly lessons: readonly Lesson[];
    /** What hooks had to say. */
    readonly context: string;
  },
  told: readonly string[],
): string {
  const { instructions, skills } = parts.found;
  const isNew = (text: string) => !told.some((earlier) => earlier.includes(text));
  const files = instructions
    .map(({ text, origin }) => `Instructions from ${origin.path}:\n\n${cut(text.trim(), origin.path)}`)
    .filter(isNew);
  const named = skills.map(({ name, description }) => `- ${name}: ${description}`).filter(isNew);
  const learnt = parts.lessons.map(({ text }) => `- ${text}`).filter(isNew);
  return [
    ...(parts.handOver === '' ? [] : [parts.handOver]),
    ...files,
    ...(named.length === 0
      ? []
      : [`Skills, to be read with the tool \`use-skill\` when one fits:\n${named.join('\n')}`]),
    ...(learnt.length === 0 ? [] : [`Learnt here before:\n${learnt.join('\n')}`]),
    ...(parts.context === '' ? [] : [parts.context]),
  ].join('\n\n');
}

function cut(text: string, path: string): string {
  if (text.length <= longestInstructions) return text;
  return `${text.slice(0, longestInstructions)}\n[${path} goes on; read it for the rest]`;
}
