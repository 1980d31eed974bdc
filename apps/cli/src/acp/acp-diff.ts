import { join } from 'node:path';
import type { ToolCallContent, ToolCallLocation } from '@agentclientprotocol/sdk';

/** The changed places of unified diffs as the protocol tells them, each with the text before and after, and the lines where they lie. */
export function readDiff(
  diff: string,
  workspace: string,
): { readonly content: ToolCallContent[]; readonly locations: ToolCallLocation[] } {
  const content: ToolCallContent[] = [];
  const locations: ToolCallLocation[] = [];
  let file: { path: string; isNew: boolean } | undefined;
  let from = '';
  let hunk: { before: string[]; after: string[] } | undefined;
  const close = (): void => {
    if (hunk && file) {
      const path = join(workspace, file.path);
      content.push({
        ...{ type: 'diff', path, newText: hunk.after.join('\n') },
        oldText: file.isNew ? null : hunk.before.join('\n'),
      });
    }
    hunk = undefined;
  };
  let left = { before: 0, after: 0 };
  for (const line of diff.split('\n')) {
    if (hunk && (left.before > 0 || left.after > 0)) {
      if (line.startsWith('\\')) continue;
      if (!line.startsWith('+')) {
        hunk.before.push(line.slice(1));
        left.before -= 1;
      }
      if (!line.startsWith('-')) {
        hunk.after.push(line.slice(1));
        left.after -= 1;
      }
      continue;
    }
    close();
    const head = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/u.exec(line);
    if (head && file) {
      left = { before: Number(head[1] ?? 1), after: Number(head[3] ?? 1) };
      hunk = { before: [], after: [] };
      locations.push({ path: join(workspace, file.path), line: Math.max(1, Number(head[2])) });
    } else if (line.startsWith('--- ')) from = nameOf(line);
    else if (line.startsWith('+++ ')) {
      const to = nameOf(line);
      file = { path: to === '/dev/null' ? from : to, isNew: from === '/dev/null' };
    }
  }
  close();
  return { content, locations };
}

function nameOf(line: string): string {
  const name = line.slice(4).replace(/\t.*$/u, '').trimEnd();
  return name === '/dev/null' ? name : name.replace(/^[ab]\//u, '');
}
