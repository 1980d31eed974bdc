import { describe, expect, it } from 'vitest';
import {
  cFunctions,
  goFunctions,
  javaFunctions,
  phpFunctions,
  rustFunctions,
  scriptFunctions,
} from './brace-functions.ts';
import { docSentence } from './doc-sentence.ts';
import { pythonFunctions, rubyFunctions } from './indented-functions.ts';

describe('functions of a file', () => {
  it.each([
    [
      'Python',
      pythonFunctions,
      'class Store:\n    async def open(\n        self, path  # where\n    ):\n        """Opens it.\n\n        More.\n        """\n        # now\n        return connect(path)\n\n    def close(self):\n        pass\n',
      [
        {
          name: 'open',
          owner: 'Store',
          comment: 'Opens it.\n\n        More.\n        ',
          code: 'async def open(\n    self, path\n):\n    return connect(path)',
          line: 2,
        },
        { name: 'close', owner: 'Store', comment: '', code: 'def close(self):\n    pass', line: 12 },
      ],
    ],
    [
      'Go',
      goFunctions,
      '// Open opens the store.\n//go:noinline\nfunc (s *Store) Open(path string) error {\n\treturn connect(path) // now\n}\n',
      [
        {
          name: 'Open',
          owner: 'Store',
          comment: 'Opens the store.',
          code: 'func (s *Store) Open(path string) error {\n\treturn connect(path)\n}',
          line: 3,
        },
      ],
    ],
    [
      'Rust',
      rustFunctions,
      'impl<T> Drop for Store<T> {\n    /// Closes it.\n    #[inline]\n    fn drop(&mut self) {\n        self.close();\n    }\n}\n#[cfg(test)]\nmod tests {\n    fn ignored() {\n    }\n}\n',
      [
        {
          name: 'drop',
          owner: 'Store',
          comment: 'Closes it.',
          code: 'fn drop(&mut self) {\n    self.close();\n}',
          line: 4,
        },
      ],
    ],
    [
      'TypeScript',
      scriptFunctions,
      'export class Store {\n  /**\n   * Opens it.\n   */\n  async open(path: string): Promise<void> {\n    await connect(path);\n  }\n}\n/** Adds. */\nexport const add = (a, b) => {\n  return a + b;\n};\n',
      [
        {
          name: 'open',
          owner: 'Store',
          comment: '\nOpens it.\n   ',
          code: 'async open(path: string): Promise<void> {\n  await connect(path);\n}',
          line: 5,
        },
        {
          name: 'add',
          owner: '',
          comment: ' Adds. ',
          code: 'export const add = (a, b) => {\n  return a + b;\n};',
          line: 10,
        },
      ],
    ],
    [
      'Java',
      javaFunctions,
      'public class Store {\n    /** Opens it. */\n    @Override\n    public final Session open(String path)\n            throws IOException {\n        return connect(path);\n    }\n}\n',
      [
        {
          name: 'open',
          owner: 'Store',
          comment: ' Opens it. ',
          code: 'public final Session open(String path)\n        throws IOException {\n    return connect(path);\n}',
          line: 4,
        },
      ],
    ],
    [
      'PHP',
      phpFunctions,
      'class Store\n{\n    /** Opens it. */\n    public function open(string $path): Session\n    {\n        return connect($path);\n    }\n}\n',
      [
        {
          name: 'open',
          owner: 'Store',
          comment: ' Opens it. ',
          code: 'public function open(string $path): Session\n{\n    return connect($path);\n}',
          line: 4,
        },
      ],
    ],
    [
      'C',
      cFunctions,
      '/* store_open - opens it */\nstatic int\nstore_open(const char *path,\n           int flags)\n{\n\treturn connect_to(path);\n}\n',
      [
        {
          name: 'store_open',
          owner: '',
          comment: 'opens it ',
          code: 'static int\nstore_open(const char *path,\n           int flags)\n{\n\treturn connect_to(path);\n}',
          line: 2,
        },
      ],
    ],
    [
      'Ruby',
      rubyFunctions,
      'module Files\n  class Store\n    # Opens it.\n    def open(path)\n      connect(path) # now\n    end\n  end\nend\n',
      [{ name: 'open', owner: 'Store', comment: 'Opens it.', code: 'def open(path)\n  connect(path)\nend', line: 4 }],
    ],
  ])('of %s', (_, ...[find, text, functions]) => expect(find(text)).toEqual(functions));
});

describe('what a comment says', () => {
  it.each([
    ['\nReads the {@link File} at `path`.\n\n@param path where', 'Reads the File at path.'],
    ['Parse the header of a message.\n\nParameters\n----------\nx : int', 'Parse the header of a message.'],
    ['Returns :class:`~http.Response` for it', 'Returns http.Response for it'],
    ['See the other one for what this does', ''],
    ['Too short', ''],
    ['Öffnet die Datei für größere Übertragungen', ''],
  ])('of %j', (comment, sentence) => expect(docSentence(comment)).toBe(sentence));

  it('is cut after a sentence where it is long', () => {
    const long = `${'Reads words of every kind from the file. '.repeat(10)}`;
    expect(docSentence(long).length).toBeLessThanOrEqual(300);
    expect(docSentence(long)).toMatch(/file\.$/);
  });
});
