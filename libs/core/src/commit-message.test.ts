import { describe, expect, it } from 'vitest';
import { cleanMessage, plainMessage, symbolsOf } from './commit-message.ts';

const file = (path: string, change: 'created' | 'modified' | 'deleted' | 'renamed', more: object = {}) => ({
  ...{ path, change, binary: false, added: 2, removed: 1, shown: 'whole' as const, places: [] as string[] },
  ...more,
});

describe('cleanMessage', () => {
  it.each([
    ['Add a flag.', 'Add a flag'],
    ['```\nAdd a flag\n\nSince it was asked for.\n```', 'Add a flag\n\nSince it was asked for.'],
    ['Here is the message:\n\n```text\nAdd a flag\n```\nI hope it helps.', 'Add a flag'],
    ['Commit message: "Add a flag"', 'Add a flag'],
    ['**Add a flag**', 'Add a flag'],
    ['# Add a flag\r\nWhy.\r\n\r\n\r\n\r\nMore. ', 'Add a flag\n\nWhy.\n\nMore.'],
    ['Wait for more ...', 'Wait for more ...'],
    ['\u001b[31mAdd\u001b[0m a flag', 'Add a flag'],
    ['``` ```', ''],
    [' \n ', ''],
  ])('makes a message of %j', (text, message) => expect(cleanMessage(text)).toBe(message));
});

describe('plainMessage', () => {
  it('names one file, and the symbols in it', () => {
    const places = ['export function parse(a: string) {', 'class Reader {'];
    expect(plainMessage([file('src/a.ts', 'modified', { places })])).toBe('Change parse, Reader in src/a.ts');
    expect(plainMessage([file('src/a.ts', 'created')])).toBe('Add src/a.ts');
    expect(plainMessage([file('b.ts', 'renamed', { from: 'a.ts' })])).toBe('Rename a.ts to b.ts');
  });

  it('counts several files, in the folder that they share, and lists them', () => {
    expect(plainMessage([file('src/x/a.ts', 'deleted'), file('src/y/b.ts', 'deleted')])).toBe(
      'Remove 2 files in src\n\n- Remove src/x/a.ts (+2 -1)\n- Remove src/y/b.ts (+2 -1)',
    );
    expect(plainMessage([file('a.ts', 'created'), file('src/b.ts', 'modified')]).split('\n')[0]).toBe('Change 2 files');
  });
});

describe('symbolsOf', () => {
  it.each([
    ['func (r *Reader) Close() error {', 'Close'],
    ['def handle(self):', 'handle'],
    ['pub async fn run(&self) {', 'run'],
    ['public static void main(String[] args) {', 'main'],
    ['const limit = 3;', 'limit'],
    ['## Usage', undefined],
  ])('finds the name in %j', (place, name) => expect(symbolsOf({ places: [place] })[0]).toBe(name));
});
