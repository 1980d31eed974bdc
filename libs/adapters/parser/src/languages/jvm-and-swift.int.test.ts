import { afterAll, describe, expect, it } from 'vitest';
import { createTreeSitterParser } from '../tree-sitter-parser.ts';
import { outline } from './outline.ts';

describe('Kotlin, Scala and Swift', () => {
  const parser = createTreeSitterParser();
  afterAll(() => parser[Symbol.asyncDispose]());

  it('Kotlin', async () => {
    const source = `package a.b

import a.c.Base as B

const val LIMIT = 10
val shared = Store<Item>(2)

/** A store. */
@Serializable
class Store<T : Any>(private val size: Int) : B(size), Closeable {
    val items = mutableListOf<Item>()

    constructor() : this(1) { check(1) }

    /** Adds one. */
    override fun add(item: Item?): Boolean {
        check(item)
        items.forEach { it.run() }
        return helper.run(Item(1))
    }

    companion object {
        fun make() = Store<Item>(1)
    }
}

interface Closeable : AutoCloseable {
    fun close()
}

data class Point(val x: Double)
enum class Color {
    RED,
    GREEN;

    fun next() = RED
}
object Single {
    fun go() {}
}
typealias Id = String
fun <T> T.twice(f: (T) -> Unit): T = this
`;
    expect(outline(await parser.parse('Store.kt', source))).toMatchInlineSnapshot(`
      "5-5 constant LIMIT | const val LIMIT = 10
      6-6 constant shared | val shared = Store<Item>(2)
      9-25 class Store | @Serializable class Store<T : Any>(private val size: Int) : B(size), Closeable | A store.
      11-11 field Store.items | val items = mutableListOf<Item>()
      13-13 method Store.constructor | constructor() : this(1)
      16-20 method Store.add | override fun add(item: Item?): Boolean | Adds one.
      23-23 method Store.make | fun make()
      27-29 interface Closeable | interface Closeable : AutoCloseable
      28-28 method Closeable.close | fun close()
      31-31 class Point | data class Point(val x: Double)
      32-37 enum Color | enum class Color
      36-36 method Color.next | fun next()
      38-40 class Single | object Single
      39-39 method Single.go | fun go()
      41-41 type Id | typealias Id = String
      42-42 function twice | fun <T> T.twice(f: (T) -> Unit): T
      calls: 11 Store.items>mutableListOf, 13 Store.constructor>check, 17 Store.add>check, 18 Store.add>forEach, 18 Store.add>run, 19 Store.add>run, 19 Store.add>Item
      inherits: 10 Store>B, 10 Store>Closeable, 27 Closeable>AutoCloseable
      uses: 9 Store>Serializable, 11 Store.items>Item, 16 Store.add>Item
      imports: 3 a.c {Base as B}
      borders: 1 3 5 6 8 11 13 15 17 18 19 22 23 27 28 31 32 33 34 36 38 39 41 42"
    `);
  });

  it('Scala', async () => {
    const source = `package a.b

import a.c.{Base, Other => O}

/** A store. */
@deprecated("x")
class Store[T](size: Int) extends Base(size) with Closeable[T] {
  val limit = 10
  private var items: List[Item] = Nil

  /** Adds one. */
  def add(item: Item): Boolean = {
    check(item)
    items.foreach(_.run())
    new Item(1).go[Int](2)
  }
}

trait Closeable[T] {
  def close(): Unit
}

object Store {
  def apply(): Store[Item] = new Store(1)
}

case class Point(x: Double)
type Id = String
`;
    expect(outline(await parser.parse('Store.scala', source))).toMatchInlineSnapshot(`
      "6-17 class Store | @deprecated("x") class Store[T](size: Int) extends Base(size) with Closeable[T] | A store.
      8-8 constant Store.limit | val limit = 10
      9-9 field Store.items | private var items: List[Item] = Nil
      12-16 method Store.add | def add(item: Item): Boolean | Adds one.
      19-21 interface Closeable | trait Closeable[T]
      20-20 method Closeable.close | def close(): Unit
      23-25 class Store | object Store
      24-24 method Store.apply | def apply(): Store[Item]
      27-27 class Point | case class Point(x: Double)
      28-28 type Id | type Id = String
      calls: 13 Store.add>check, 14 Store.add>foreach, 14 Store.add>run, 15 Store.add>Item, 15 Store.add>go, 24 Store.apply>Store
      inherits: 7 Store>Base, 7 Store>Closeable
      uses: 6 Store>deprecated, 9 Store.items>Item, 12 Store.add>Item, 24 Store.apply>Store, 24 Store.apply>Item
      imports: 3 a.c {Base, Other as O}
      borders: 1 3 5 8 9 11 13 14 15 19 20 23 24 27 28"
    `);
  });

  it('Swift', async () => {
    const source = `import Foundation

/// A store.
@objc
public final class Store<T: Codable>: Base, Closable {
    let limit = 10

    init(size: Int) { super.init() }

    /// Adds one.
    @discardableResult
    func add(_ item: Item, count: Int = 1) -> Bool {
        check(item)
        items.append(Item(id: 1))
        return helper.run()
    }
    deinit { close() }
}

protocol Closable: AnyObject {
    func close()
    var open: Bool { get }
}

struct Point { var x: Double }
enum Color: String { case red, green }
extension Store: Equatable {
    func twice() {}
}
typealias Id = String
func free<T>(x: T) -> T? { return x }
let shared = Store<Item>(size: 2)
`;
    expect(outline(await parser.parse('Store.swift', source))).toMatchInlineSnapshot(`
      "4-18 class Store | @objc public final class Store<T: Codable>: Base, Closable | A store.
      6-6 field Store.limit | let limit = 10
      8-8 method Store.init | init(size: Int)
      11-16 method Store.add | @discardableResult func add(_ item: Item, count: Int = 1) -> Bool | Adds one.
      17-17 method Store.deinit | deinit
      20-23 interface Closable | protocol Closable: AnyObject
      21-21 method Closable.close | func close()
      22-22 field Closable.open | var open: Bool { get }
      25-25 class Point | struct Point
      25-25 field Point.x | var x: Double
      26-26 enum Color | enum Color: String
      28-28 method Store.twice | func twice()
      30-30 type Id | typealias Id = String
      31-31 function free | func free<T>(x: T) -> T?
      32-32 constant shared | let shared = Store<Item>(size: 2)
      calls: 8 Store.init>init, 13 Store.add>check, 14 Store.add>append, 14 Store.add>Item, 15 Store.add>run, 17 Store.deinit>close, 32 shared>Store
      inherits: 5 Store>Base, 5 Store>Closable, 20 Closable>AnyObject, 26 Color>String, 27 Store>Equatable
      uses: 4 Store>objc, 5 Store>Codable, 12 Store.add>Item, 32 shared>Item
      imports: 1 Foundation
      borders: 1 3 6 8 10 13 14 15 17 20 21 22 25 26 27 28 30 31 32"
    `);
  });
});
