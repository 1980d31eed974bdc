import { afterAll, describe, expect, it } from 'vitest';
import { createTreeSitterParser } from '../tree-sitter-parser.ts';
import { outline } from './outline.ts';

describe('TypeScript, JavaScript and Python', () => {
  const parser = createTreeSitterParser();
  afterAll(() => parser[Symbol.asyncDispose]());

  it('TypeScript', async () => {
    const source = `import { x } from 'y';

/**
 * Keeps sessions.
 *
 * More about it.
 * @public
 */
@Injectable({ scope: 'app' })
export class Store<T extends object> extends Base implements Disposable {
  @Input() name = '';
  readonly onChange = async (event: Event): Promise<void> => {
    this.emit(event);
  };

  constructor(private readonly db: Db) {
    super();
  }

  /** Reads one. */
  read(id: string): T;
  read(id: number): T;
  // eslint-disable-next-line
  read(id: unknown): T {
    const inner = (row: Row) => decode<T>(row);
    return inner(this.db.get(id));
  }

  #close(): void {}
}

// What can be closed.
// In two lines.
export interface Closable extends Disposable {
  /** Closes it. */
  close(force?: boolean): void;
}

export type Id = string | number;
export enum Level {
  low,
  high,
}
export const limit = 5;
export const table = {
  rows: 1,
  draw(at: number) {
    return paint(at);
  },
};
export abstract class Shape {
  abstract area(): number;
}
declare function outer(a: string): void;
namespace Deep.Er {
  export const inside = 1;
}
export function over(a: string): void;
export function over(a: unknown) {
  return new Store<Id>(a as Db);
}
export default function () {
  over('x');
}
`;
    expect(outline(await parser.parse('service.ts', source))).toMatchInlineSnapshot(`
      "9-30 class Store | export class Store<T extends object> extends Base implements Disposable | Keeps sessions.
      12-14 method Store.onChange | readonly onChange = async (event: Event): Promise<void>
      16-18 method Store.constructor | constructor(private readonly db: Db)
      21-21 method Store.read | read(id: string): T | Reads one.
      22-22 method Store.read | read(id: number): T
      24-27 method Store.read | read(id: unknown): T
      25-25 function Store.read.inner | const inner = (row: Row)
      29-29 method Store.#close | #close(): void
      34-37 interface Closable | export interface Closable extends Disposable | What can be closed. In two lines.
      36-36 method Closable.close | close(force?: boolean): void | Closes it.
      39-39 type Id | export type Id = string | number
      40-43 enum Level | export enum Level
      44-44 constant limit | export const limit = 5
      45-50 constant table | export const table
      47-49 method table.draw | draw(at: number)
      51-53 class Shape | export abstract class Shape
      52-52 method Shape.area | abstract area(): number
      54-54 function outer | declare function outer(a: string): void
      55-57 module Deep.Er | namespace Deep.Er
      56-56 constant Deep.Er.inside | export const inside = 1
      58-58 function over | export function over(a: string): void
      59-61 function over | export function over(a: unknown)
      62-64 function default | export default function ()
      calls: 9 >Injectable, 11 Store>Input, 13 Store.onChange>emit, 25 Store.read.inner>decode, 26 Store.read>inner, 26 Store.read>get, 48 table.draw>paint, 60 over>Store, 63 default>over
      inherits: 10 Store>Base, 10 Store>Disposable, 34 Closable>Disposable
      uses: 12 Store.onChange>Event, 16 Store.constructor>Db, 25 Store.read.inner>Row, 60 over>Id, 60 over>Db
      imports: 1 y {x}
      borders: 1 3 11 12 13 16 17 20 22 23 25 26 29 32 35 39 40 44 45 48 51 52 54 55 56 58 59 60 62 63"
    `);
  });

  it('TSX', async () => {
    const source = `/** Shows a page. */
export const Page = memo(function Inner({ title }: Props) {
  return (
    <Layout title={title}>
      <Menu.Item />
      <div onClick={() => go()} />
    </Layout>
  );
});

export function App() {
  const [open, setOpen] = useState(false);
  const toggle = () => setOpen(!open);
  return <Page title="x" />;
}
`;
    expect(outline(await parser.parse('page.tsx', source))).toMatchInlineSnapshot(`
      "2-9 constant Page | export const Page | Shows a page.
      11-15 function App | export function App()
      13-13 function App.toggle | const toggle = ()
      calls: 2 Page>memo, 4 Page>Layout, 5 Page>Item, 6 Page>go, 12 App>useState, 13 App.toggle>setOpen, 14 App>Page
      inherits: 
      uses: 2 Page>Props
      imports: 
      borders: 1 3 11 12 13 14"
    `);
  });

  it('JavaScript', async () => {
    const source = `'use strict';

const fs = require('node:fs');

// Builds an instance.
module.exports = function fastify(options) {
  const server = build(options);

  function ready() {
    return server.listen();
  }
  return { ready, close: async () => server.close() };
};

exports.parse = function (text) {
  return JSON.parse(text);
};

/**
 * Sends a reply.
 * @param {string} body
 */
Reply.prototype.send = function send(body) {
  this.raw.end(body);
};

module.exports.helpers = {
  one() {},
  'two-words': function () {},
};

class Queue extends Base {
  #items = [];
  push = (item) => this.#items.push(item);
  static get size() {
    return 0;
  }
  *[Symbol.iterator]() {}
}

var legacy = 1;
function* walk() {
  yield* walk();
}
`;
    expect(outline(await parser.parse('lib.js', source))).toMatchInlineSnapshot(`
      "6-13 function fastify | module.exports = function fastify(options) | Builds an instance.
      9-11 function fastify.ready | function ready()
      12-12 method fastify.close | close: async ()
      15-17 function parse | exports.parse = function (text)
      23-25 function Reply.send | Reply.prototype.send = function send(body) | Sends a reply.
      28-28 method one | one()
      29-29 method two-words | 'two-words': function ()
      32-39 class Queue | class Queue extends Base
      34-34 method Queue.push | push = (item)
      35-37 method Queue.size | static get size()
      41-41 variable legacy | var legacy = 1
      42-44 function walk | function* walk()
      calls: 3 >require, 7 fastify>build, 10 fastify.ready>listen, 12 fastify.close>close, 16 parse>parse, 24 Reply.send>end, 34 Queue.push>push, 43 walk>walk
      inherits: 32 Queue>Base
      uses: 
      imports: 3 node:fs {default as fs}; 3 node:fs
      borders: 1 3 5 7 9 10 12 15 16 19 24 27 32 33 34 35 36 38 41 42 43"
    `);
  });

  it('Python', async () => {
    const source = `"""Module."""
from x import y

LIMIT: int = 10

# Not this one.

# Adds numbers.
def add(a: int, b: int = 1) -> int:
    return a + b


@dataclass(frozen=True)
class Session(Base, abc.ABC):
    """Holds a session.

    In detail.
    """

    name: str

    @property
    async def age(self) -> int:
        '''The age.'''
        def inner(x):
            return add(x)
        return inner(self.base.age())

    @staticmethod
    def make(*args, **kwargs): return Session(*args)


double = lambda x: x * 2
`;
    expect(outline(await parser.parse('app.py', source))).toMatchInlineSnapshot(`
      "4-4 constant LIMIT | LIMIT: int = 10
      9-10 function add | def add(a: int, b: int = 1) -> int | Adds numbers.
      13-30 class Session | class Session(Base, abc.ABC) | Holds a session.
      22-27 method Session.age | async def age(self) -> int | The age.
      25-26 function Session.age.inner | def inner(x)
      29-30 method Session.make | def make(*args, **kwargs)
      33-33 function double | double = lambda x
      calls: 13 >dataclass, 22 Session>property, 26 Session.age.inner>add, 27 Session.age>inner, 27 Session.age>age, 29 Session>staticmethod, 30 Session.make>Session
      inherits: 14 Session>Base, 14 Session>ABC
      uses: 
      imports: 2 x {y}
      borders: 1 2 4 8 10 13 15 20 22 24 25 27 29 30 33"
    `);
  });
});
