import type { LanguageSpec } from '../language-spec.ts';
import { c } from './c.ts';
import { cpp } from './cpp.ts';
import { csharp } from './csharp.ts';
import { go } from './go.ts';
import { java } from './java.ts';
import { javascript } from './javascript.ts';
import { php } from './php.ts';
import { python } from './python.ts';
import { ruby } from './ruby.ts';
import { rust } from './rust.ts';
import { shell } from './shell.ts';
import { tsx, typescript } from './typescript.ts';

/** The languages that have a grammar, by their id. */
export const languageSpecs: ReadonlyMap<string, LanguageSpec> = new Map(
  [c, cpp, csharp, go, java, javascript, php, python, ruby, rust, shell, tsx, typescript].map((spec) => [
    spec.language,
    spec,
  ]),
);
