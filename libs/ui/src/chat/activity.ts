import { strings } from '../strings.ts';
import { openAsks, writingSpeed, type ChatTurn } from './session-state.ts';
import { callWords } from './call-words.ts';

/** What a turn does just now, in a few words, with numbers where there are some. */
export function activityOf(turn: ChatTurn): string {
  const words = strings.chat.activity;
  if (openAsks(turn).length > 0) return words.waiting;
  const { progress } = turn;
  if (progress) {
    const { task, done, total, note } = progress;
    if (task === 'read') return words.readingOf(done, total);
    if (task === 'index') return words.indexing(done, total);
    if (task === 'scan') return words.scanning;
    if (task === 'queue') return words.queued;
    return note === '' ? words.working : note;
  }
  const last = turn.blocks.at(-1);
  if (last?.kind === 'text') return words.writing(writingSpeed(turn));
  if (last?.kind === 'thought') return strings.chat.thinking;
  if (last?.kind === 'call' && last.state === 'running') {
    const { title, code } = callWords(last.name, last.arguments);
    return title || code;
  }
  if (turn.model !== '') return words.reading;
  return turn.passages === undefined ? words.searching : words.starting;
}
