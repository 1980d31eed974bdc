import { fitted } from '../text-width.ts';
import { visibleLine } from './visible-text.ts';

/** A model reference without what does not tell it apart: `openai:qwen@http://…` is `qwen`, a file its name. */
export function modelName(ref: string): string {
  if (ref === '' || ref === 'none') return 'no model';
  const name = ref.replace(/^[a-z-]+:/u, '').replace(/@https?:.*$/u, '');
  return fitted(visibleLine(name.split(/[\\/]/u).at(-1) ?? name).replace(/\.gguf$/iu, ''), 32);
}
