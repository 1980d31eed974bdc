/** Names of grammars by the end of a file's name, where that end is no name of the grammar itself. */
const byEnding: Readonly<Record<string, string>> = {
  bash: 'bash',
  bat: 'dos',
  c: 'c',
  cc: 'cpp',
  cjs: 'javascript',
  clj: 'clojure',
  cmake: 'cmake',
  cpp: 'cpp',
  cs: 'csharp',
  css: 'css',
  cts: 'typescript',
  cxx: 'cpp',
  dart: 'dart',
  diff: 'diff',
  erl: 'erlang',
  ex: 'elixir',
  exs: 'elixir',
  fish: 'bash',
  fs: 'fsharp',
  go: 'go',
  gradle: 'groovy',
  graphql: 'graphql',
  groovy: 'groovy',
  h: 'c',
  hpp: 'cpp',
  hs: 'haskell',
  html: 'xml',
  ini: 'ini',
  java: 'java',
  jl: 'julia',
  js: 'javascript',
  json: 'json',
  json5: 'json',
  jsonc: 'json',
  jsx: 'javascript',
  kt: 'kotlin',
  kts: 'kotlin',
  less: 'less',
  lua: 'lua',
  m: 'objectivec',
  md: 'markdown',
  mdx: 'markdown',
  mjs: 'javascript',
  mk: 'makefile',
  ml: 'ocaml',
  mts: 'typescript',
  nix: 'nix',
  patch: 'diff',
  php: 'php',
  pl: 'perl',
  pm: 'perl',
  proto: 'protobuf',
  ps1: 'powershell',
  py: 'python',
  pyi: 'python',
  r: 'r',
  rb: 'ruby',
  rs: 'rust',
  scala: 'scala',
  scss: 'scss',
  sh: 'bash',
  sql: 'sql',
  svelte: 'xml',
  svg: 'xml',
  swift: 'swift',
  tex: 'latex',
  toml: 'ini',
  ts: 'typescript',
  tsx: 'typescript',
  vb: 'vbnet',
  vim: 'vim',
  vue: 'xml',
  xml: 'xml',
  yaml: 'yaml',
  yml: 'yaml',
  zsh: 'bash',
};

const byName: Readonly<Record<string, string>> = {
  '.bashrc': 'bash',
  '.profile': 'bash',
  '.zshrc': 'bash',
  'cmakelists.txt': 'cmake',
  containerfile: 'dockerfile',
  dockerfile: 'dockerfile',
  gemfile: 'ruby',
  makefile: 'makefile',
  rakefile: 'ruby',
};

/** The grammar for a file, by its name; `undefined` where none is known, and then it is shown plain. */
export function languageOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const dot = name.lastIndexOf('.');
  if (Object.hasOwn(byName, name)) return byName[name];
  const ending = dot < 0 ? '' : name.slice(dot + 1);
  return Object.hasOwn(byEnding, ending) ? byEnding[ending] : undefined;
}

/** The grammar that a fence in markdown names: ```` ```ts ````. An ending of a file is understood too. */
export function languageNamed(name: string): string | undefined {
  const lower = name.trim().toLowerCase();
  if (lower === '' || lower === 'text' || lower === 'plaintext') return undefined;
  return Object.hasOwn(byEnding, lower) ? byEnding[lower] : lower;
}
