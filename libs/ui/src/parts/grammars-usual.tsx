import { common, createLowlight } from 'lowlight';
import { useColours, type ColourProps } from './use-colours.ts';

const lowlight = createLowlight(common);

/** Highlights with the grammars of the most common languages. */
export function UsualGrammars(props: ColourProps) {
  useColours(lowlight, props);
  return null;
}
