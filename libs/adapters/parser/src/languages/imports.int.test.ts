import { afterAll, describe, expect, it } from 'vitest';
import { createTreeSitterParser } from '../tree-sitter-parser.ts';

/** `LINE module {names}` for each import of the text. */
const samples: readonly (readonly [file: string, text: string, imports: readonly string[]])[] = [
  [
    'a.ts',
    `import './side';
import first, { second, type third as 三 } from "./names";
import * as whole from 'whole';
import both, * as rest from 'both';
import type { Only } from './types';
import legacy = require('legacy');
export { out, inner as outer } from './re';
export * from './all';
export * as ns from './ns';
const lazy = await import('./lazy');
export const own = 1;
`,
    [
      '1 ./side',
      '2 ./names {default as first, second, third as 三}',
      '3 whole',
      '4 both {default as both}',
      '4 both',
      '5 ./types {Only}',
      '6 legacy {default as legacy}',
      '6 legacy',
      '7 ./re {out, inner as outer}',
      '8 ./all',
      '9 ./ns',
      '10 ./lazy',
    ],
  ],
  [
    'a.js',
    `require('./side');
const fs = require('node:fs'), path = require('node:path');
const { a, b: c } = require('./names');
if (x) y = require('late')(z);
requires('no');
`,
    [
      '1 ./side',
      '2 node:fs {default as fs}',
      '2 node:fs',
      '2 node:path {default as path}',
      '2 node:path',
      '3 ./names {a, b as c}',
      '4 late',
    ],
  ],
  [
    'a.py',
    `import os, sys as system
import os.path
from . import near
from ..pkg.mod import (
    one,
    two as zwei,
)
from x import *
def f():
    import inside
`,
    ['1 os', '1 sys', '2 os.path', '3 . {near}', '4 ..pkg.mod {one, two as zwei}', '8 x', '10 inside'],
  ],
  [
    'a.go',
    'package a\n\nimport "fmt"\nimport (\n\tf "net/http"\n\t. "strings"\n\t_ "embed"\n)\n',
    ['3 fmt', '5 net/http', '6 strings', '7 embed'],
  ],
  [
    'a.rs',
    `use std;
use std::fmt;
use crate::store::Index as Ix;
use super::{self, a::B, c as d, e::{F, g::*}, h as _};
use all::inside::*;
pub use self::x::Y;
extern crate serde;
use {p::Q, r};
`,
    [
      '1 std',
      '2 std {fmt}',
      '3 crate::store {Index as Ix}',
      '4 super {c as d, h as _}',
      '4 super',
      '4 super::a {B}',
      '4 super::e {F}',
      '4 super::e::g',
      '5 all::inside',
      '6 self::x {Y}',
      '7 serde',
      '8 p {Q}',
    ],
  ],
  [
    'A.java',
    'package a;\nimport java.util.List;\nimport java.io.*;\nimport static a.b.C.run;\nimport static a.b.D.*;\nclass A {}\n',
    ['2 java.util {List}', '3 java.io', '4 a.b.C {run}', '5 a.b.D'],
  ],
  [
    'a.c',
    '#include <stdio.h>\n#include "near/list.h"\n#ifdef X\n#include "x.h"\n#endif\n',
    ['1 <stdio.h>', '2 near/list.h', '4 x.h'],
  ],
  ['a.cpp', '#include <vector>\n#include "shape.hpp"\nnamespace a { }\n', ['1 <vector>', '2 shape.hpp']],
  [
    'a.cs',
    'using System;\nusing A.B.C;\nusing static System.Math;\nusing Short = A.B.Long;\nglobal using G.H;\nnamespace X;\n',
    ['1 System', '2 A.B.C', '3 System.Math', '4 A.B {Long as Short}', '5 G.H'],
  ],
  [
    'a.php',
    `<?php
namespace App;
use App\\Models\\User;
use App\\Models\\Post as P, App\\Other;
use function App\\helpers\\run;
use App\\Group\\{One, Two as T, Sub\\Three};
use Plain;
require 'lib/a.php';
require_once __DIR__ . '/b.php';
include("c.php");
class A { use Shared; }
`,
    [
      '3 App\\Models {User}',
      '4 App\\Models {Post as P}',
      '4 App {Other}',
      '5 App\\helpers {run}',
      '6 App\\Group {One, Two as T}',
      '6 App\\Group\\Sub {Three}',
      '7 Plain',
      '8 lib/a.php',
      '9 /b.php',
      '10 c.php',
    ],
  ],
  [
    'a.rb',
    "require 'json'\nrequire_relative 'near/file'\nrequire_relative '../up'\nload 'x.rb'\nobject.require 'no'\n",
    ['1 json', '2 ./near/file', '3 ../up', '4 x.rb'],
  ],
  ['a.sh', 'source ./lib.sh\n. "$DIR/more.sh" arg\nsourced no\n', ['1 ./lib.sh', '2 $DIR/more.sh']],
  [
    'a.kt',
    'package a\n\nimport a.b.C\nimport a.b.D as E\nimport a.c.*\nimport top\n\nclass X\n',
    ['3 a.b {C}', '4 a.b {D as E}', '5 a.c', '6 top'],
  ],
  [
    'a.swift',
    'import Foundation\nimport struct Foo.Bar\n@testable import App\n',
    ['1 Foundation', '2 Foo {Bar}', '3 App'],
  ],
  [
    'a.scala',
    'package a\n\nimport a.b.C\nimport a.b.{D, E => F, G as H}\nimport a.c._\nimport a.d.*\nimport one, x.Two\n',
    ['3 a.b {C}', '4 a.b {D, E as F, G as H}', '5 a.c', '6 a.d', '7 one', '7 x {Two}'],
  ],
  [
    'a.css',
    '@import "base.css";\n@import url("theme.css") screen;\n@import url(plain.css);\na { color: red; }\n',
    ['1 base.css', '2 theme.css', '3 plain.css'],
  ],
  [
    'a.html',
    '<html><head>\n<link rel="stylesheet" href="a.css">\n<link rel="icon" href="a.ico">\n<script src="./a.js"></script>\n<script>import "./no";</script>\n</head></html>\n',
    ['2 a.css', '4 ./a.js'],
  ],
];

describe('imports', () => {
  const parser = createTreeSitterParser();
  afterAll(() => parser[Symbol.asyncDispose]());

  it.each(samples)('of %s', async (file, text, expected) => {
    const { imports } = await parser.parse(file, text);
    const found = imports.map(({ path, line, module, names }) => {
      expect(path).toBe(file);
      const taken = names.map(({ name, as }) => (name === as ? name : `${name} as ${as}`));
      return `${line} ${module}${taken.length > 0 ? ` {${taken.join(', ')}}` : ''}`;
    });
    expect(found).toEqual(expected);
  });
});
