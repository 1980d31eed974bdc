import { changesStrings } from './changes/strings.ts';
import { chatStrings } from './chat/strings.ts';
import { codeStrings } from './code/strings.ts';
import { hostStrings } from './host/strings.ts';
import { modelStrings } from './models/strings.ts';
import { shellStrings } from './shell-strings.ts';

/**
 * Every word that a person reads, in English. Another language is another object of this shape: no component holds a word of its own.
 * A text with parts that change is a function of them.
 */
export const strings = {
  shell: shellStrings,
  chat: chatStrings,
  code: codeStrings,
  changes: changesStrings,
  models: modelStrings,
  host: hostStrings,
};
