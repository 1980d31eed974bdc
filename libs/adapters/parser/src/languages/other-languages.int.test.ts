import { afterAll, describe, expect, it } from 'vitest';
import { createTreeSitterParser } from '../tree-sitter-parser.ts';
import { outline } from './outline.ts';

describe('other languages', () => {
  const parser = createTreeSitterParser();
  afterAll(() => parser[Symbol.asyncDispose]());

  it('Go', async () => {
    const source = `package server

import "net/http"

const (
	// DefaultPort is used.
	DefaultPort = 80
	other       = 1
)

var ErrClosed = errors.New("closed")

// Server serves.
// It listens.
type Server struct {
	http.Server
	port int
}

type Handler interface {
	Serve(w http.ResponseWriter) error
}

type HandlerFunc func(http.ResponseWriter)

// Start begins.
func (s *Server) Start(ctx context.Context) (err error) {
	go func() {
		s.listen()
	}()
	return run(ctx, &Options{Port: s.port})
}

func (l List[T]) Len() int { return len(l.items) }

func Map[T, U any](in []T, f func(T) U) []U {
	return nil
}
`;
    expect(outline(await parser.parse('server.go', source))).toMatchInlineSnapshot(`
      "7-7 constant DefaultPort | DefaultPort = 80 | DefaultPort is used.
      8-8 constant other | other = 1
      11-11 variable ErrClosed | var ErrClosed = errors.New("closed")
      15-18 class Server | type Server struct | Server serves. It listens.
      20-22 interface Handler | type Handler interface
      21-21 method Handler.Serve | Serve(w http.ResponseWriter) error
      24-24 type HandlerFunc | type HandlerFunc func(http.ResponseWriter)
      27-32 method Server.Start | func (s *Server) Start(ctx context.Context) (err error) | Start begins.
      34-34 method List.Len | func (l List[T]) Len() int
      36-38 function Map | func Map[T, U any](in []T, f func(T) U) []U
      calls: 11 ErrClosed>New, 29 Server.Start>listen, 31 Server.Start>run, 31 Server.Start>Options, 34 List.Len>len
      inherits: 16 Server>Server
      uses: 21 Handler.Serve>ResponseWriter, 24 HandlerFunc>ResponseWriter, 27 Server.Start>Context
      imports: 3 net/http
      borders: 1 3 5 11 13 16 17 20 21 24 26 28 29 31 34 36 37"
    `);
  });

  it('Rust', async () => {
    const source = `//! The crate.

use std::fmt;

/// A point.
/// With two parts.
#[derive(Debug, Clone)]
pub struct Point<T> {
    pub x: T,
}

pub struct Unit(i32);

pub enum Shape {
    Circle(Point<f32>),
}

pub trait Area {
    const SIDES: u32;
    /// How large.
    fn area(&self) -> f64;
    fn double(&self) -> f64 {
        self.area() * 2.0
    }
}

impl<T: Copy> Area for Point<T> {
    #[inline]
    fn area(&self) -> f64 {
        compute(self.x);
        fmt::format(format_args!("x"))
    }
}

impl Point<i32> {
    pub async fn new() -> Self {
        Point { x: parse::<i32>() }
    }
}

mod inner {
    pub(crate) fn help() {}
}

macro_rules! square {
    ($x:expr) => { $x * $x };
}

pub const MAX: usize = 10;
type Result<T> = std::result::Result<T, Error>;
`;
    expect(outline(await parser.parse('lib.rs', source))).toMatchInlineSnapshot(`
      "7-10 class Point | pub struct Point<T> | A point. With two parts.
      12-12 class Unit | pub struct Unit(i32)
      14-16 enum Shape | pub enum Shape
      18-25 interface Area | pub trait Area
      19-19 constant Area.SIDES | const SIDES: u32
      21-21 method Area.area | fn area(&self) -> f64 | How large.
      22-24 method Area.double | fn double(&self) -> f64
      28-32 method Point.area | fn area(&self) -> f64
      36-38 method Point.new | pub async fn new() -> Self
      41-43 module inner | mod inner
      42-42 function inner.help | pub(crate) fn help()
      45-47 macro square | macro_rules! square
      49-49 constant MAX | pub const MAX: usize = 10
      50-50 type Result | type Result<T> = std::result::Result<T, Error>
      calls: 23 Area.double>area, 30 Point.area>compute, 31 Point.area>format, 31 Point.area>format_args, 37 Point.new>Point, 37 Point.new>parse
      inherits: 27 Point>Area
      uses: 15 Shape>Point, 27 >Copy, 50 Result>Error
      imports: 3 std {fmt}
      borders: 3 5 9 12 14 15 18 19 20 22 23 27 28 30 31 35 36 37 41 42 45 49 50"
    `);
  });

  it('Java', async () => {
    const source = `package a.b;

/**
 * Stores {@link Item}s.
 *
 * @author x
 */
@Service("store")
public class Store<T> extends Base implements Closeable, Iterable<T> {
  private static final int LIMIT = 10;
  private int size;

  public Store(int size) {
    super(size);
  }

  /** Gets one. */
  @Override
  public <R> T get(String id) throws IOException {
    return map(id).orElse(new Item<>(id));
  }

  interface Visitor {
    void visit(Store<?> s);
  }

  enum Level {
    LOW;

    int rank() {
      return ordinal();
    }
  }

  record Pair(int a, int b) {}
}
`;
    expect(outline(await parser.parse('Store.java', source))).toMatchInlineSnapshot(`
      "8-36 class Store | public class Store<T> extends Base implements Closeable, Iterable<T> | Stores Items.
      10-10 constant Store.LIMIT | private static final int LIMIT = 10
      13-15 method Store.Store | public Store(int size)
      18-21 method Store.get | public <R> T get(String id) throws IOException | Gets one.
      23-25 interface Store.Visitor | interface Visitor
      24-24 method Store.Visitor.visit | void visit(Store<?> s)
      27-33 enum Store.Level | enum Level
      30-32 method Store.Level.rank | int rank()
      35-35 class Store.Pair | record Pair(int a, int b)
      calls: 20 Store.get>map, 20 Store.get>orElse, 20 Store.get>Item, 31 Store.Level.rank>ordinal
      inherits: 9 Store>Base, 9 Store>Closeable, 9 Store>Iterable
      uses: 8 Store>Service, 18 Store.get>Override, 19 Store.get>IOException, 24 Store.Visitor.visit>Store
      imports: 
      borders: 1 3 10 11 13 14 17 20 23 24 27 28 35"
    `);
  });

  it('C', async () => {
    const source = `#ifndef LIST_H
#define LIST_H
#include <stdio.h>
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define SIZE 10

typedef struct node {
  int value;
} node_t;

typedef int (*visit_fn)(node_t *);

enum color { RED };

static const char *names[] = {
  "a",
};

int list_size(const node_t *list);

/* Appends a node. */
static node_t **list_append(node_t *list, int value)
{
  node_t copy = make(value);
  list->visit(copy);
  return NULL;
}
#endif
`;
    expect(outline(await parser.parse('list.c', source))).toMatchInlineSnapshot(`
      "4-4 macro MAX | #define MAX(a, b) ((a) > (b) ? (a) : (b))
      5-5 macro SIZE | #define SIZE 10
      7-9 class node | struct node
      7-9 type node_t | typedef struct node { int value; } node_t
      11-11 type visit_fn | typedef int (*visit_fn)(node_t *)
      13-13 enum color | enum color
      15-17 variable names | static const char *names[]
      19-19 function list_size | int list_size(const node_t *list)
      22-27 function list_append | static node_t **list_append(node_t *list, int value) | Appends a node.
      calls: 24 list_append>make, 25 list_append>visit
      inherits: 
      uses: 11 visit_fn>node_t, 19 list_size>node_t, 22 list_append>node_t
      imports: 3 <stdio.h>
      borders: 1 2 3 4 5 7 8 11 13 15 19 21 24 25 26"
    `);
  });

  it('C++', async () => {
    const source = `namespace geo::plane {

/// A shape.
template <typename T>
class Shape : public Base<T>, Other {
 public:
  explicit Shape(int x) : x_(x) {}
  virtual ~Shape();
  int area() const { return compute(x_); }
  bool operator==(const Shape& other) const;

 private:
  int x_;
};

enum class Color { Red };
using Alias = Shape<int>;
constexpr int kMax = 3;

template <typename T>
T twice(T value) {
  return value * 2;
}

}  // namespace geo::plane

int geo::plane::Circle::area() const {
  auto *p = new Shape<int>(1);
  p->draw();
  return twice<int>(util::round(1));
}

std::string& name() { return global; }
`;
    expect(outline(await parser.parse('shape.cpp', source))).toMatchInlineSnapshot(`
      "1-25 module geo.plane | namespace geo::plane
      4-14 class geo.plane.Shape | template <typename T> class Shape : public Base<T>, Other | A shape.
      7-7 method geo.plane.Shape.Shape | explicit Shape(int x) : x_(x)
      8-8 method geo.plane.Shape.~Shape | virtual ~Shape()
      9-9 method geo.plane.Shape.area | int area() const
      10-10 method geo.plane.Shape.operator== | bool operator==(const Shape& other) const
      16-16 enum geo.plane.Color | enum class Color
      17-17 type geo.plane.Alias | using Alias = Shape<int>
      18-18 variable geo.plane.kMax | constexpr int kMax = 3
      20-23 function geo.plane.twice | template <typename T> T twice(T value)
      27-31 method geo.plane.Circle.area | int geo::plane::Circle::area() const
      33-33 function name | std::string& name()
      calls: 9 geo.plane.Shape.area>compute, 28 geo.plane.Circle.area>Shape, 29 geo.plane.Circle.area>draw, 30 geo.plane.Circle.area>twice, 30 geo.plane.Circle.area>round
      inherits: 5 geo.plane.Shape>Base, 5 geo.plane.Shape>Other
      uses: 10 geo.plane.Shape.operator==>Shape, 17 geo.plane.Alias>Shape, 33 name>string
      imports: 
      borders: 1 3 6 7 8 9 10 12 13 16 17 18 20 22 27 28 29 30 33"
    `);
  });

  it('C#', async () => {
    const source = `namespace A.B
{
    /// <summary>Stores things.</summary>
    [Serializable]
    public class Store<T> : Base, IStore
    {
        const int Limit = 10;
        public int Size { get; set; }
        public Store(int size) : base(size) { }

        // Loads it.
        [HttpGet("x")]
        public async Task<T> Load(string id)
        {
            var item = new Item(id);
            return await this.Fetch<T>(item?.Parse());
        }
    }

    public record Point(int X, int Y);
    interface IStore { void Clear(); }
}
`;
    expect(outline(await parser.parse('Store.cs', source))).toMatchInlineSnapshot(`
      "1-22 module A.B | namespace A.B
      4-18 class A.B.Store | public class Store<T> : Base, IStore | Stores things.
      7-7 constant A.B.Store.Limit | const int Limit = 10
      8-8 field A.B.Store.Size | public int Size
      9-9 method A.B.Store.Store | public Store(int size) : base(size)
      12-17 method A.B.Store.Load | public async Task<T> Load(string id) | Loads it.
      20-20 class A.B.Point | public record Point(int X, int Y)
      21-21 interface A.B.IStore | interface IStore
      21-21 method A.B.IStore.Clear | void Clear()
      calls: 15 A.B.Store.Load>Item, 16 A.B.Store.Load>Fetch, 16 A.B.Store.Load>Parse
      inherits: 5 A.B.Store>Base, 5 A.B.Store>IStore
      uses: 4 A.B.Store>Serializable, 12 A.B.Store.Load>HttpGet, 13 A.B.Store.Load>Task
      imports: 
      borders: 1 3 7 8 9 11 20 21"
    `);
  });

  it('Ruby', async () => {
    const source = `# Holds the store.
module Shop
  LIMIT = 10

  class Store < Base
    # Adds one.
    def add(item, count = 1)
      check(item)
      items.push(item)
    end

    def self.build
      Store.new
    end
  end
end
`;
    expect(outline(await parser.parse('store.rb', source))).toMatchInlineSnapshot(`
      "2-16 module Shop | module Shop | Holds the store.
      3-3 constant Shop.LIMIT | LIMIT = 10
      5-15 class Shop.Store | class Store < Base
      7-10 method Shop.Store.add | def add(item, count = 1) | Adds one.
      12-14 method Shop.Store.build | def self.build
      calls: 8 Shop.Store.add>check, 9 Shop.Store.add>push, 13 Shop.Store.build>Store, 13 Shop.Store.build>new
      inherits: 5 Shop.Store>Base
      uses: 
      imports: 
      borders: 1 3 5 6 12"
    `);
  });

  it('PHP', async () => {
    const source = `<?php
namespace App;

/** A store. */
#[Entity]
final class Store extends Base implements Countable
{
    const LIMIT = 10;

    public function __construct(private int $size) {}

    public function count(): int
    {
        return $this->sum(helper(), new Item(), self::total());
    }
}

function helper(): int { return 1; }
`;
    expect(outline(await parser.parse('store.php', source))).toMatchInlineSnapshot(`
      "5-16 class Store | final class Store extends Base implements Countable | A store.
      8-8 constant Store.LIMIT | const LIMIT = 10
      10-10 method Store.__construct | public function __construct(private int $size)
      12-15 method Store.count | public function count(): int
      18-18 function helper | function helper(): int
      calls: 14 Store.count>sum, 14 Store.count>helper, 14 Store.count>Item, 14 Store.count>total
      inherits: 6 Store>Base, 6 Store>Countable
      uses: 
      imports: 
      borders: 1 2 4 8 10 12 14 18"
    `);
  });

  it('shell', async () => {
    const source = `#!/usr/bin/env bash
readonly ROOT=/srv

# Builds it.
build() {
  compile "$1"
}

function main {
  build all
}
main "$@"
`;
    expect(outline(await parser.parse('run.sh', source))).toMatchInlineSnapshot(`
      "2-2 constant ROOT | ROOT=/srv
      5-7 function build | build() | Builds it.
      9-11 function main | function main
      calls: 6 build>compile, 10 main>build, 12 >main
      inherits: 
      uses: 
      imports: 
      borders: 1 4 6 9 10 12"
    `);
  });
});
