import { NootropicError } from '@nootropic/contracts';
import { readPartName } from './model-store-entry.ts';

/** What a reference to a model on Hugging Face names. */
export interface HuggingfaceRef {
  /** `owner/repo`. */
  readonly repo: string;
  /** Path in the repository. */
  readonly file?: string;
  /** In capitals, as in file names: `Q4_K_M`. */
  readonly quantisation?: string;
  /** Branch, tag or commit. Default `main`. */
  readonly revision: string;
}

const form =
  /^hf:(?<owner>[\w.-]+)\/(?<name>[\w.-]+)(?:\/(?<file>[^@:]+\.gguf))?(?::(?<quant>[\w.-]+))?(?:@(?<revision>[\w./-]+))?$/i;

/** Reads `hf:owner/repo`, `hf:owner/repo:Q5_K_M` or `hf:owner/repo/file.gguf`, each with `@revision` or without. */
export function parseHuggingfaceRef(ref: string): HuggingfaceRef {
  const parts = form.exec(ref)?.groups;
  const outside = ref.split(/[/@:]/).some((part) => part === '..' || part === '.');
  if (parts === undefined || outside || (parts['file'] !== undefined && parts['quant'] !== undefined))
    throw new NootropicError('MODEL_REF_INVALID', `"${ref}" does not name a model on Hugging Face.`, {
      hint: 'Use hf:OWNER/REPO, hf:OWNER/REPO:Q4_K_M or hf:OWNER/REPO/FILE.gguf, if need be with @REVISION.',
    });
  const { owner, name, file, quant, revision = 'main' } = parts;
  return {
    repo: `${owner}/${name}`,
    ...(file !== undefined && { file }),
    ...(quant !== undefined && { quantisation: quant.toUpperCase() }),
    revision,
  };
}

/** One model of a repository: a file, or the parts of a split one in order. */
export interface GgufChoice<F extends { readonly path: string }> {
  /** As in the file name; '' where it says nothing. */
  readonly quantisation: string;
  readonly files: readonly [F, ...F[]];
}

/** What `hf:owner/repo` without more means, best first: small enough for a laptop, hardly worse than the original. */
const preferred =
  'Q4_K_M Q4_K_XL UD-Q4_K_XL Q4_K_S IQ4_NL IQ4_XS Q4_0 Q4_1 MXFP4 MXFP4_MOE Q5_K_M Q5_K_S Q5_K_XL UD-Q5_K_XL Q5_0 Q5_1 Q6_K Q6_K_XL UD-Q6_K_XL Q8_0 Q8_K_XL UD-Q8_K_XL Q3_K_L Q3_K_M Q3_K_XL UD-Q3_K_XL IQ3_M Q3_K_S IQ3_S IQ3_XS IQ3_XXS UD-IQ3_XXS F16 BF16 Q2_K Q2_K_L Q2_K_XL UD-Q2_K_XL IQ2_M UD-IQ2_M F32'.split(
    ' ',
  );

/** The models among the files of a repository. What belongs to a model but is none (image projectors, importance matrices) is left out. */
export function groupGgufFiles<F extends { readonly path: string }>(
  files: readonly F[],
  labelOf: (fileName: string) => string | undefined,
): GgufChoice<F>[] {
  const groups = new Map<string, F[]>();
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const name = file.path.slice(file.path.lastIndexOf('/') + 1);
    if (!/\.gguf$/i.test(name) || /mmproj|imatrix/i.test(name)) continue;
    const part = readPartName(name);
    const key = part === undefined ? file.path : `${file.path.slice(0, -name.length)}${part.before} of ${part.parts}`;
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first, ...rest] = group;
    if (first === undefined) return [];
    const parts = readPartName(first.path.slice(first.path.lastIndexOf('/') + 1));
    if (group.length !== (parts?.parts ?? 1)) return [];
    return [{ quantisation: labelOf(first.path) ?? '', files: [first, ...rest] as const }];
  });
}

/** The one model that a reference means, or an error that names the choices. */
export function chooseGguf<F extends { readonly path: string }>(
  ref: HuggingfaceRef,
  choices: readonly GgufChoice<F>[],
): GgufChoice<F> {
  if (choices.length === 0)
    throw new NootropicError('MODEL_NOT_FOUND', `${ref.repo} holds no whole GGUF file.`, {
      hint: `Find a repository that does: \`nootropic models search ${ref.repo.split('/')[1] ?? ''}\`.`,
    });
  const { file, quantisation } = ref;
  if (file !== undefined) {
    const found = choices.find(({ files }) => files.some(({ path }) => path === file));
    if (found === undefined) throw missing(ref, file, choices);
    return found;
  }
  const wanted = quantisation ?? preferred.find((label) => choices.some((one) => one.quantisation === label));
  const same = wanted === undefined ? choices : choices.filter((one) => one.quantisation === wanted);
  if (quantisation !== undefined && same.length === 0) throw missing(ref, quantisation, choices);
  const least = Math.min(...same.map(({ files }) => files.length));
  // The same model is often there in one file and in parts as well.
  const simplest = same.filter(({ files }) => files.length === least);
  const [only] = simplest;
  if (only === undefined || simplest.length > 1)
    throw new NootropicError('MODEL_REF_INVALID', `${ref.repo} holds several models that this could mean.`, {
      hint: `Name one: ${listed(simplest.map(({ files }) => `hf:${ref.repo}/${files[0].path}`))}.`,
    });
  return only;
}

function missing(ref: HuggingfaceRef, what: string, choices: readonly GgufChoice<{ path: string }>[]): NootropicError {
  const labels = choices.map(({ quantisation, files }) => (quantisation === '' ? files[0].path : quantisation));
  return new NootropicError('MODEL_NOT_FOUND', `${ref.repo} has no ${what}.`, {
    hint: `It has: ${listed([...new Set(ref.file === undefined ? labels : choices.map(({ files }) => files[0].path))])}.`,
  });
}

function listed(names: readonly string[]): string {
  return names.length > 24 ? `${names.slice(0, 24).join(', ')} and ${names.length - 24} more` : names.join(', ');
}
