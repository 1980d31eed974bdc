import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** Licences that text may have whose words go into the weights. Anything else is not read. */
export const allowedLicences = [
  '0BSD',
  'Apache-2.0',
  'Apache-2.0 OR MIT',
  'Apache-2.0 WITH LLVM-exception',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'PostgreSQL',
  'PSF-2.0',
  'Ruby OR BSD-2-Clause',
  'Zlib',
  'curl',
] as const;

export const languages = ['python', 'go', 'rust', 'javascript', 'java', 'c', 'php', 'ruby'] as const;
export type Language = (typeof languages)[number];

const treeSchema = z.strictObject({
  /** A folder of the unpacked package. Nothing outside the trees is read. */
  root: z.string(),
  language: z.enum(languages),
  /** What counts as one package: the sets of training, development and test share none. */
  package: z.string(),
  licence: z.enum(allowedLicences),
  split: z.enum(['train', 'dev', 'test']),
  /** Regular expressions; a file whose path below the root matches one of them is not read. */
  exclude: z.array(z.string()).default([]),
  /** Regular expressions; only files whose path matches one of them are read. Default: all. */
  only: z.array(z.string()).default([]),
});
export type SourceTree = z.infer<typeof treeSchema>;

const sourceSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  /** `deb`: a Debian binary package; `tar`: an archive that tar reads, an npm package or a Debian source. */
  kind: z.enum(['deb', 'tar']),
  url: z.url(),
  bytes: z.int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  trees: z.array(treeSchema).min(1),
});
export type Source = z.infer<typeof sourceSchema>;

const listSchema = z.strictObject({
  /** What `url` may begin with, and where the same file lies when the first place has let it go. */
  mirrors: z.array(z.strictObject({ from: z.url(), to: z.url() })),
  sources: z.array(sourceSchema),
});
export type SourceList = z.infer<typeof listSchema>;

export async function readSourceList(file: string | URL): Promise<SourceList> {
  const list = listSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  const splits = new Map<string, string>();
  for (const { trees } of list.sources) {
    for (const tree of trees) {
      const known = splits.get(tree.package) ?? tree.split;
      if (known !== tree.split) throw new Error(`${tree.package} is in ${known} and in ${tree.split}.`);
      splits.set(tree.package, tree.split);
    }
  }
  return list;
}
