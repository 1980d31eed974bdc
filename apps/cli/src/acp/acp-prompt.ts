import { fileURLToPath } from 'node:url';
import { isAbsolute, relative, sep } from 'node:path';
import { RequestError, type ContentBlock } from '@agentclientprotocol/sdk';
import type { Attachment } from '@nootropic/contracts';

export interface PromptContent {
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

/** Lines of a link to a file, as editors write them: `#L10`, `#L10-L20`, `#L10:20`. */
const lines = /^#?L(\d+)(?:[-:]L?(\d+))?$/u;

/**
 * What an editor sent, as a message with attachments: links to files of the workspace are attached and read by the program itself, embedded texts go along as
 * they are - they may not be saved yet. A link to anything else is only named. Throws `invalidParams` for what was not offered: pictures and sound.
 */
export function readPrompt(blocks: readonly ContentBlock[], workspace: string): PromptContent {
  const words: string[] = [];
  const attachments: Attachment[] = [];
  for (const block of blocks) {
    switch (block.type) {
      case 'text':
        words.push(block.text);
        break;
      case 'resource_link': {
        const file = fileOf(block.uri, workspace);
        words.push(file === undefined ? `${block.name} (${block.uri})` : `@${file.path}`);
        if (file !== undefined) attachments.push({ kind: 'file', ...file });
        break;
      }
      case 'resource': {
        const { resource } = block;
        const name = fileOf(resource.uri, workspace)?.path ?? resource.uri;
        if ('text' in resource) {
          words.push(`@${name}`);
          attachments.push({ kind: 'text', name, text: resource.text });
        } else words.push(`${name} (not text, and not read)`);
        break;
      }
      default:
        throw RequestError.invalidParams({ type: block.type }, 'Only text and resources can be read.');
    }
  }
  const text = joined(words).trim();
  return { text: text === '' ? 'See what is attached.' : text, attachments };
}

/** Blocks follow one another as they were typed; where a word would run into another, a blank stands between. */
function joined(words: readonly string[]): string {
  return words.reduce(
    (all, word) => (all === '' || /\s$/u.test(all) || /^[\s.,;:!?)]/u.test(word) ? all + word : `${all} ${word}`),
    '',
  );
}

/** The file of the workspace that an address names; undefined for every other address. */
function fileOf(uri: string, workspace: string): { path: string; startLine?: number; endLine?: number } | undefined {
  if (!URL.canParse(uri)) return undefined;
  const url = new URL(uri);
  if (url.protocol !== 'file:') return undefined;
  const [, first, last] = lines.exec(url.hash) ?? [];
  let place: string;
  try {
    place = relative(workspace, fileURLToPath(new URL(url.pathname, url)));
  } catch {
    return undefined;
  }
  if (place === '' || isAbsolute(place) || place.split(sep)[0] === '..') return undefined;
  const startLine = Number(first);
  const range =
    first === undefined || startLine < 1 ? {} : { startLine, endLine: Math.max(startLine, Number(last ?? first)) };
  return { path: place.split(sep).join('/'), ...range };
}
