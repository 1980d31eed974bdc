import { NootropicError } from '@nootropic/contracts';
import type { CloudScheme } from './cloud-models.ts';

/** Where a model is to be found, as parsed from its reference. `none` asks for an extractive answer. */
export type ModelRef =
  | { readonly scheme: 'file'; readonly path: string }
  | { readonly scheme: 'ollama'; readonly name: string; readonly url: string }
  | { readonly scheme: 'openai'; readonly name: string; readonly url: string }
  | { readonly scheme: 'builtin'; readonly name: 'embedder' }
  | { readonly scheme: CloudScheme; readonly name: string }
  | { readonly scheme: 'none' };

/** Where Ollama listens unless told otherwise. */
export const defaultOllamaUrl = 'http://127.0.0.1:11434';

const forms =
  'Use file:PATH, ollama:NAME, ollama:NAME@URL, openai:NAME@URL, anthropic:NAME, google:NAME, xai:NAME, openai-cloud:NAME, builtin:embedder or none. For example: file:/models/qwen.gguf, ollama:qwen3:8b, openai:qwen3@http://127.0.0.1:8080/v1.';

function invalid(text: string, why: string): NootropicError {
  return new NootropicError('MODEL_REF_INVALID', `"${text}" is not a model reference: ${why}. ${forms}`);
}

function splitServer(text: string, rest: string): { name: string; url: string | undefined } {
  // A name may hold an @ of its own (`model@q4`); the address is what follows the last `@http`.
  const at = rest.search(/@https?:\/\/(?!.*@https?:\/\/)/i);
  const name = at < 0 ? rest : rest.slice(0, at);
  if (name === '' || name.trim() !== name)
    throw invalid(text, 'the name of the model is missing or has spaces around it');
  if (at < 0) return { name, url: undefined };
  return { name, url: normaliseUrl(text, rest.slice(at + 1)) };
}

function normaliseUrl(text: string, address: string): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw invalid(text, `"${address}" is not an address`);
  }
  if (url.username !== '' || url.password !== '')
    throw invalid(text.replace(/\/\/[^/]*@/, '//…@'), 'an address must not hold a user name or password');
  if (url.search !== '' || url.hash !== '') throw invalid(text, 'an address must not hold ? or #');
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
}

/**
 * Reads a model reference: `file:PATH`, `ollama:NAME[@URL]` (default `http://127.0.0.1:11434`), `openai:NAME@URL`,
 * `builtin:embedder`, a provider's model (`anthropic:NAME`, `google:NAME`, `xai:NAME`, `openai-cloud:NAME`) or `none`. Text that ends in `.gguf` and has no scheme counts as a path. Names may hold `/`, `:` and `@`.
 * Addresses are put into one form: lower-case host, no trailing slash.
 *
 * @throws NootropicError `MODEL_REF_INVALID`, with the right forms in its message.
 */
export function parseModelRef(text: string): ModelRef {
  if (text === 'none') return { scheme: 'none' };
  const match = /^(file|ollama|openai|builtin|openai-cloud|anthropic|google|xai):(.*)$/s.exec(text);
  if (match === null) {
    if (/\.gguf$/i.test(text) && text.trim() === text) return { scheme: 'file', path: text };
    throw invalid(text, text.trim() === '' ? 'it is empty' : 'it begins with no known scheme');
  }
  const rest = match[2] ?? '';
  switch (match[1]) {
    case 'file':
      if (rest === '') throw invalid(text, 'the path is missing');
      return { scheme: 'file', path: rest };
    case 'ollama': {
      const { name, url } = splitServer(text, rest);
      return { scheme: 'ollama', name, url: url ?? defaultOllamaUrl };
    }
    case 'openai': {
      const { name, url } = splitServer(text, rest);
      if (url === undefined) throw invalid(text, 'the address of the server is missing');
      return { scheme: 'openai', name, url };
    }
    case 'openai-cloud':
    case 'anthropic':
    case 'google':
    case 'xai':
      if (!/^[\w.:/@-]+$/.test(rest) || /(^|\/)\.{1,2}(\/|$)/.test(rest))
        throw invalid(text, 'the name of the model is missing or has characters that none has');
      return { scheme: match[1], name: rest };
    default:
      if (rest !== 'embedder') throw invalid(text, 'the only built-in model is builtin:embedder');
      return { scheme: 'builtin', name: 'embedder' };
  }
}

/** The one text form of a reference; `parseModelRef` reads it back to the same value. The default address of Ollama is left out. */
export function formatModelRef(ref: ModelRef): string {
  switch (ref.scheme) {
    case 'none':
      return 'none';
    case 'file':
      return `file:${ref.path}`;
    case 'builtin':
      return `builtin:${ref.name}`;
    case 'ollama':
      return ref.url === defaultOllamaUrl ? `ollama:${ref.name}` : `ollama:${ref.name}@${ref.url}`;
    case 'openai':
      return `openai:${ref.name}@${ref.url}`;
    default:
      return `${ref.scheme}:${ref.name}`;
  }
}

/** True when the address can only be this machine: `localhost`, 127.0.0.0/8 or ::1. */
export function isLoopback(url: string): boolean {
  const host = new URL(url).hostname;
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
