import { all, createLowlight } from 'lowlight';
import { useColours, type ColourProps } from './use-colours.ts';

const lowlight = createLowlight(all);

/** Highlights with every grammar there is; ten times the size of the common ones, so it comes only with a language that needs it. */
export function AllGrammars(props: ColourProps) {
  useColours(lowlight, props);
  return null;
}
