import { afterAll, describe, expect, it } from 'vitest';
import { createTreeSitterParser } from '../tree-sitter-parser.ts';
import { outline } from './outline.ts';

describe('data, pages and style sheets', () => {
  const parser = createTreeSitterParser();
  afterAll(() => parser[Symbol.asyncDispose]());

  it('YAML', async () => {
    const source = `# Runs the checks.
name: CI
on:
  push: { branches: [main] }
"quoted key": 1
jobs:
  # Builds it.
  build:
    runs-on: ubuntu
    steps:
      - uses: checkout
      - run: |
          npm ci
          npm test
    deep:
      deeper:
        deepest: 1
---
second: document
`;
    expect(outline(await parser.parse('ci.yaml', source))).toMatchInlineSnapshot(`
      "2-2 key name | name: CI | Runs the checks.
      3-4 key on | on
      4-4 key on.push | push: { branches: [main] }
      4-4 key on.push.branches | branches: [main]
      5-5 key quoted key | "quoted key": 1
      6-17 key jobs | jobs
      8-17 key jobs.build | build | Builds it.
      9-9 key jobs.build.runs-on | runs-on: ubuntu
      10-14 key jobs.build.steps | steps
      15-17 key jobs.build.deep | deep
      16-17 key jobs.build.deep.deeper | deeper
      19-19 key second | second: document
      calls: 
      inherits: 
      uses: 
      imports: 
      borders: 1 3 4 5 6 7 9 10 15 19"
    `);
  });

  it('TOML', async () => {
    const source = `title = "x"

# The package.
[package]
name = "app"
"quoted.key" = 1
nested = { a = 1, b = [{ c = 2 }] }

[dependencies.serde]
version = "1"

[[bin]]
name = "one"

[[bin]]
name = "two"
`;
    expect(outline(await parser.parse('Cargo.toml', source))).toMatchInlineSnapshot(`
      "1-1 key title | title = "x"
      4-7 key package | [package] | The package.
      5-5 key package.name | name = "app"
      6-6 key package.quoted.key | "quoted.key" = 1
      7-7 key package.nested | nested = { a = 1, b = [{ c = 2 }] }
      7-7 key package.nested.a | a = 1
      7-7 key package.nested.b | b = [{ c = 2 }]
      9-10 key dependencies.serde | [dependencies.serde]
      10-10 key dependencies.serde.version | version = "1"
      12-13 key bin | [[bin]]
      15-16 key bin | [[bin]]
      calls: 
      inherits: 
      uses: 
      imports: 
      borders: 1 3 5 6 7 9 10 12 13 15 16"
    `);
  });

  it('JSON', async () => {
    const source = `{
  // Comments are taken.
  "name": "app",
  "scripts": {
    "build": "tsc -b",
    "test": "vitest",
  },
  "files": [
    { "path": "a" },
    { "path": "b" }
  ],
  "a": { "b": { "c": { "d": { "e": 1 } } } }
}
`;
    expect(outline(await parser.parse('package.json', source))).toMatchInlineSnapshot(`
      "3-3 key name | "name": "app"
      4-7 key scripts
      5-5 key scripts.build | "build": "tsc -b"
      6-6 key scripts.test | "test": "vitest"
      8-11 key files
      12-12 key a
      12-12 key a.b
      12-12 key a.b.c
      12-12 key a.b.c.d
      calls: 
      inherits: 
      uses: 
      imports: 
      borders: 1 3 4 5 6 8 9 10 12"
    `);
  });

  it('a notebook', async () => {
    const source = `{
 "cells": [
  {
   "cell_type": "markdown",
   "metadata": {},
   "source": [
    "# Sales\\n",
    "of the year"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 1,
   "outputs": [],
   "source": [
    "%matplotlib inline\\n",
    "import pandas as pd\\n",
    "\\n",
    "def load(path):\\n",
    "    return pd.read_csv(path)"
   ]
  },
  {
   "cell_type": "code",
   "source": "load('a.csv')\\n"
  }
 ],
 "metadata": { "kernelspec": { "language": "python" } },
 "nbformat": 4
}
`;
    expect(outline(await parser.parse('sales.ipynb', source))).toMatchInlineSnapshot(`
      "3-10 cell cell 1 | # Sales
      11-22 cell cell 2 | %matplotlib inline
      19-20 function load | def load(path)
      23-26 cell cell 3 | load('a.csv')
      calls: 20 load>read_csv, 25 cell 3>load
      inherits: 
      uses: 
      imports: 17 pandas
      borders: 3 11 17 19 20 23 25"
    `);
  });

  it('CSS', async () => {
    const source = `@import "base.css";

/* The colours. */
:root {
  --main: #fff;
}

.card > .title,
.card:hover {
  color: var(--main);
}

@media (min-width: 600px) {
  #nav { display: none; }
}

@keyframes spin {
  to { transform: rotate(1turn); }
}
`;
    expect(outline(await parser.parse('a.css', source))).toMatchInlineSnapshot(`
      "4-6 rule :root | :root | The colours.
      5-5 variable :root.--main | --main: #fff
      8-11 rule .card > .title, .card:hover | .card > .title, .card:hover
      14-14 rule #nav | #nav
      17-19 rule spin | @keyframes spin
      calls: 
      inherits: 
      uses: 
      imports: 1 base.css
      borders: 1 3 5 8 10 13 14 17 18"
    `);
  });

  it('HTML', async () => {
    const source = `<!doctype html>
<html>
<head>
  <link rel="stylesheet" href="site.css">
  <script src="app.js"></script>
</head>
<body id="page">
  <h1>Guide &amp; more</h1>
  <p>Text.</p>
  <h2 id="install">Install <code>it</code></h2>
  <form id="order">
    <input id="name">
  </form>
  <h2>Use</h2>
  <p>Text.</p>
</body>
</html>
`;
    expect(outline(await parser.parse('index.html', source))).toMatchInlineSnapshot(`
      "8-18 section Guide & more
      10-13 section Guide & more.Install it
      11-13 section #order
      12-12 section #name
      14-18 section Guide & more.Use
      calls: 
      inherits: 
      uses: 
      imports: 4 site.css; 5 app.js
      borders: 3 5 7 8 9 10 11 14 15"
    `);
  });

  it.each([
    ['JSON', 'deep.json', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['YAML', 'deep.yaml', '['.repeat(50_000)],
    ['YAML', 'lists.yaml', '- '.repeat(5_000)],
    ['TOML', 'deep.toml', `a = ${'['.repeat(50_000)}`],
    ['HTML', 'deep.html', '<div id="a">'.repeat(50_000)],
    ['a notebook', 'deep.ipynb', `{"cells": ${'['.repeat(50_000)}`],
  ])('survives deeply nested %s', async (_what, path, text) => {
    const { symbols, borders } = await parser.parse(path, text);
    expect(symbols.every(({ startLine, endLine }) => startLine === 1 && endLine === 1)).toBe(true);
    expect(borders.every((line) => line === 1)).toBe(true);
  });

  it('leaves out the deepest level of a file with very many keys, and keeps the rest', async () => {
    const packages = Object.fromEntries(
      Array.from({ length: 800 }, (_, index) => [`p${index}`, { version: '1', from: 'x' }]),
    );
    const { symbols } = await parser.parse('lock.json', JSON.stringify({ name: 'lock', packages }, undefined, 2));
    expect(symbols).toHaveLength(802);
    expect(symbols.map((symbol) => symbol.name)).toContain('packages.p799');
    const { symbols: yaml } = await parser.parse(
      'many.yaml',
      Array.from({ length: 3_000 }, (_, index) => `k${index}: 1`).join('\n'),
    );
    expect(yaml).toHaveLength(1_000);
  });
});
