import type { LanguageSpec } from '../language-spec.ts';
import { c } from './c.ts';
import { cpp } from './cpp.ts';
import { csharp } from './csharp.ts';
import { css } from './css.ts';
import { go } from './go.ts';
import { java } from './java.ts';
import { javascript } from './javascript.ts';
import { kotlin } from './kotlin.ts';
import { php } from './php.ts';
import { python } from './python.ts';
import { ruby } from './ruby.ts';
import { rust } from './rust.ts';
import { scala } from './scala.ts';
import { shell } from './shell.ts';
import { swift } from './swift.ts';
import { toml } from './toml.ts';
import { tsx, typescript } from './typescript.ts';
import { yaml } from './yaml.ts';

/** The languages that have a grammar, by their id. */
export const languageSpecs: ReadonlyMap<string, LanguageSpec> = new Map(
  [
    c,
    cpp,
    csharp,
    css,
    go,
    java,
    javascript,
    kotlin,
    php,
    python,
    ruby,
    rust,
    scala,
    shell,
    swift,
    toml,
    tsx,
    typescript,
    yaml,
  ].map((spec) => [spec.language, spec]),
);
