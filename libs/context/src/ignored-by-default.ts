/**
 * What is left out of every workspace unless a `.gitignore` of it takes it back in with `!`. Same syntax as `.gitignore`.
 *
 * Only what is never written by hand is here. `dist`, `build`, `out` and `target` are not: an unpacked package may hold
 * nothing else. Where they are output, `.gitignore` names them or they hold a `CACHEDIR.TAG`; otherwise they rank lower.
 */
export const ignoredByDefault: readonly string[] = [
  // Version control
  '.git',
  '.hg/',
  '.svn/',
  '.jj/',
  // Installed dependencies
  'node_modules/',
  'bower_components/',
  'jspm_packages/',
  'vendor/',
  '.venv/',
  'venv/',
  'virtualenv/',
  'site-packages/',
  '.bundle/',
  '.gradle/',
  '.pnpm-store/',
  '.yarn/',
  // Caches and output of tools
  '__pycache__/',
  '.mypy_cache/',
  '.pytest_cache/',
  '.ruff_cache/',
  '.tox/',
  '.nox/',
  '.eggs/',
  '*.egg-info/',
  '.cache/',
  '.parcel-cache/',
  '.turbo/',
  '.nx/',
  '.next/',
  '.nuxt/',
  '.svelte-kit/',
  '.output/',
  '.terraform/',
  '.idea/',
  '.vs/',
  'coverage/',
  '.nyc_output/',
  '.DS_Store',
  'Thumbs.db',
  // Written by tools
  '*.min.js',
  '*.min.mjs',
  '*.min.css',
  '*.map',
  '*.lock',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'bun.lockb',
  'go.sum',
  '*.snap',
  '*.tsbuildinfo',
  '*.log',
];

/** A folder that holds this file is a cache, by the Cache Directory Tagging Specification (https://bford.info/cachedir/). */
export const cacheFolderTag = 'CACHEDIR.TAG';

const binaryEndings =
  '7z a avi avif bin blend bmp br bz2 class cur dat db deb dll dmg doc docx dylib eot exe flac gguf gif gz heic icns ico ' +
  'iso jar jpeg jpg ko lib lz4 lzma m4a mkv mov mp3 mp4 mpeg node npy npz o obj odt ogg onnx otf parquet pdf pickle pkl png ppt pptx psd ' +
  'pt pyc pyd pyo rar rlib rpm safetensors so sqlite sqlite3 swf tar tflite tgz tif tiff ttf wasm wav webm webp whl ' +
  'woff woff2 xls xlsx xz zip zst';

const binary = new Set(binaryEndings.split(' '));

const data = new Set('json jsonl ndjson geojson csv tsv xml svg yaml yml txt sql po pot html htm'.split(' '));

function ending(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1);
}

/** True when the name alone tells that a file is not text. */
export function isBinaryName(path: string): boolean {
  return binary.has(ending(path));
}

/** True for formats that are data as often as source: a large one is left out. */
export function isDataName(path: string): boolean {
  return data.has(ending(path));
}
