import type { HunkSelection, TurnEvent } from '@nootropic/contracts';
import { applyHunks, parseUnifiedDiff, type FileDiff } from './unified-diff.ts';

/** A change that an agent asks leave for, as a person looks at it before it is made. */
export interface Proposal {
  readonly workspace: string;
  readonly sessionId: string;
  readonly requestId: string;
  readonly files: readonly FileDiff[];
  /** Hunks that are not to be made, by path. */
  readonly without: ReadonlyMap<string, ReadonlySet<number>>;
}

/** The name of a file in a proposal: where it will be, or where it was when it goes. */
export function pathOfDiff({ oldPath, newPath }: FileDiff): string {
  return newPath === '' ? oldPath : newPath;
}

/** What an event asks leave for; none where it is no change whose lines can be shown. */
export function proposalOf(event: TurnEvent, workspace: string): Proposal | undefined {
  if (event.type !== 'approval-request') return undefined;
  const { requestId, detail, action, sessionId } = event as Extract<TurnEvent, { type: 'approval-request' }>;
  if (typeof requestId !== 'string' || typeof detail !== 'string' || action === 'run' || action === 'question')
    return undefined;
  const files = parseUnifiedDiff(detail).filter(({ hunks }) => hunks.length > 0);
  if (files.length === 0) return undefined;
  return { workspace, sessionId, requestId, files, without: new Map() };
}

/** The same proposal with a hunk left out, or put in again. */
export function toggled(proposal: Proposal, path: string, hunk: number): Proposal {
  const left = new Set(proposal.without.get(path));
  if (!left.delete(hunk)) left.add(hunk);
  return { ...proposal, without: new Map(proposal.without).set(path, left) };
}

/** A file as it would be; none where it is not any more what the proposal was made of. */
export function proposedText(proposal: Proposal, path: string, before: string): string | undefined {
  const file = proposal.files.find((each) => pathOfDiff(each) === path);
  return file && applyHunks(before, file.hunks, proposal.without.get(path) ?? new Set());
}

/** What is left out, as the assistant is told; none where everything is to be made. */
export function leftOut({ files, without }: Proposal): HunkSelection | undefined {
  const parts = files.flatMap((file): HunkSelection => {
    const path = pathOfDiff(file);
    const hunks = [...(without.get(path) ?? [])].sort((a, b) => a - b);
    if (hunks.length === 0) return [];
    return [hunks.length === file.hunks.length ? { path } : { path, hunks }];
  });
  return parts.length > 0 ? parts : undefined;
}

/** Whether nothing of a proposal would be made. */
export function isEmpty({ files, without }: Proposal): boolean {
  return files.every((file) => without.get(pathOfDiff(file))?.size === file.hunks.length);
}

/** Lines, counted from 0, at which the hunks of a file stand in what is proposed. */
export function hunkLines(
  { files, without }: Proposal,
  path: string,
): { readonly line: number; readonly isLeft: boolean }[] {
  const file = files.find((each) => pathOfDiff(each) === path);
  const left = without.get(path) ?? new Set<number>();
  let drift = 0;
  return (file?.hunks ?? []).map((hunk, index) => {
    const first = hunk.lines.findIndex((line) => !line.startsWith(' '));
    const line = hunk.oldStart - 1 + drift + Math.max(0, first);
    const isLeft = left.has(index);
    const count = (sign: string) => hunk.lines.filter((each) => each.startsWith(sign)).length;
    if (!isLeft) drift += count('+') - count('-');
    return { line, isLeft };
  });
}
