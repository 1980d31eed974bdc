/** A model reference as a person reads it: `openai:qwen@http://…/v1` is `qwen`, `file:/models/tiny.gguf` is `tiny`. */
export function modelTitle(ref: string): string {
  const [, kind, rest] = /^([a-z][a-z0-9-]*):(.+)$/u.exec(ref) ?? [];
  if (kind === undefined || rest === undefined) return ref;
  if (kind === 'file') return (rest.split(/[\\/]/u).at(-1) ?? rest).replace(/\.gguf$/iu, '');
  return rest.replace(/@https?:.*$/u, '');
}
