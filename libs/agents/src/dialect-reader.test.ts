import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialectTools } from './dialect-case.fixture.ts';
import { dialectCorpus } from './dialect-corpus.fixture.ts';
import { createCallReader } from './dialect-reader.ts';

interface Whole {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly (readonly [string, unknown])[];
}

function read(pieces: readonly string[], options: { cut?: boolean } = {}): Whole {
  const reader = createCallReader({ tools: dialectTools, makeId: () => 'id' });
  const readings = [...pieces.map((piece) => reader.push(piece)), reader.end(options)];
  return {
    text: readings.map(({ text }) => text).join(''),
    reasoning: readings.map(({ reasoning }) => reasoning).join(''),
    calls: readings.flatMap(({ calls }) => calls.map((call) => [call.name, call.arguments] as const)),
  };
}

function cut(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, index = 0; at < text.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

describe('the corpus', () => {
  it('has at least 150 shapes, each once', () => {
    expect(dialectCorpus.length).toBeGreaterThanOrEqual(150);
    expect(new Set(dialectCorpus.map(({ output }) => output)).size).toBeGreaterThanOrEqual(dialectCorpus.length - 3);
  });

  it.each(dialectCorpus)('$name', ({ output, calls, text = '', reasoning }) => {
    const whole = read([output]);
    expect(whole.calls).toEqual(calls);
    expect(whole.text.trim().replaceAll(/\n+/gu, '\n')).toBe(text.replaceAll(/\n+/gu, '\n'));
    if (reasoning !== undefined) expect(whole.reasoning).toBe(reasoning);
  });

  it.each(dialectCorpus)('is the same however it is cut: $name', ({ output }) => {
    const whole = read([output]);
    for (let at = 1; at < output.length; at += 1)
      expect(read([output.slice(0, at), output.slice(at)]), `cut at ${at}`).toEqual(whole);
    for (const size of [1, 2, 3, 5, 8]) expect(read(cut(output, [size])), `pieces of ${size}`).toEqual(whole);
  });
});

describe('any output', () => {
  const fragments = [
    ...new Set(dialectCorpus.flatMap(({ output }) => output.match(/<[^>]*>|\w+|\s+|[^\w\s]/gu) ?? [])),
  ];
  const mixed = fc.oneof(
    fc.array(fc.constantFrom(...fragments), { maxLength: 30 }).map((parts) => parts.join('')),
    fc
      .tuple(
        fc.constantFrom(...dialectCorpus),
        fc.nat(200),
        fc.constantFrom(...fragments),
        fc.constantFrom(...dialectCorpus),
      )
      .map(([one, length, between, other]) => one.output.slice(0, length) + between + other.output),
  );

  it('is read the same however it is cut', () => {
    fc.assert(
      fc.property(mixed, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }), (output, sizes) => {
        expect(read(cut(output, sizes))).toEqual(read([output]));
      }),
      { numRuns: 1500 },
    );
  });

  it('is text where nothing in it is a call', () => {
    const plain = fc.string({
      unit: fc.constantFrom(
        'a',
        'read',
        'run',
        '(',
        ')',
        '{',
        '}',
        '[',
        ']',
        '"',
        "'",
        '`',
        ':',
        ',',
        '=',
        '/',
        '<',
        '>',
        ' ',
        '\n',
        '~',
        '\\',
        'é',
        '1',
      ),
      maxLength: 60,
    });
    fc.assert(
      fc.property(plain, fc.integer({ min: 1, max: 9 }), (output, size) => {
        const whole = read(cut(output, [size]));
        if (whole.calls.length === 0) expect(whole.text).toBe(output);
      }),
      { numRuns: 3000 },
    );
  });

  it('is given out as it comes where it is words', () => {
    const reader = createCallReader({ tools: dialectTools });
    expect(reader.push('The limit is five').text).toBe('The limit is five');
    expect(reader.push(' steps; see `src/a.ts` for i').text).toBe(' steps; see `src/a.ts` for i');
    expect(reader.push('t.').text).toBe('t.');
  });

  it('gives a call as soon as it is whole', () => {
    const reader = createCallReader({ tools: dialectTools });
    expect(reader.push('<tool_call>{"name": "list", "arguments": {}').calls).toEqual([]);
    expect(reader.push('}').calls).toMatchObject([{ name: 'list', arguments: {} }]);
    expect(reader.push('</tool_call>').text).toBe('');
  });

  it('makes no call of what was cut off', () => {
    for (const output of [
      '<tool_call>{"name": "run", "arguments": {"command": "rm -rf build',
      '<function=run><parameter=command>rm -rf /',
    ])
      expect(read([output], { cut: true }).calls).toEqual([]);
  });

  it.each([
    `<tool_call>\n{"name": "read", "arguments": {"path": "src/a.ts"}}\n</tool_call>`,
    '{"name": "read", "arguments": {"path": "src/a.ts"}}',
    '[read(path="src/a.ts")]',
  ])('gives the call at the end of a fence that was not closed: %s', (call) => {
    const output = `I change it.\n\`\`\`ts\nconst a = [\n  1,\n];\n${call}`;
    expect(read([output]).calls).toEqual([['read', { path: 'src/a.ts' }]]);
    expect(read(cut(output, [3, 7])).calls).toEqual([['read', { path: 'src/a.ts' }]]);
    expect(read([`${output}\n\`\`\``]).calls).toEqual([]);
  });

  it('says what was meant as a call and cannot be read', () => {
    const reader = createCallReader({ tools: dialectTools });
    reader.push('<tool_call>read the file</tool_call>');
    expect(reader.end().broken ?? '').toBe('');
    const other = createCallReader({ tools: dialectTools });
    expect(other.push('<tool_call>read the file</tool_call>').broken).toContain('<tool_call>read the file');
  });

  it('grows with the length of the output, not with its square', () => {
    const reader = createCallReader({ tools: dialectTools });
    let length = 0;
    for (let piece = 0; piece < 20_000; piece += 1) length += reader.push('word { of [ text < and ').text.length;
    expect(length + reader.end().text.length).toBe(20_000 * 'word { of [ text < and '.length);
  });
});
