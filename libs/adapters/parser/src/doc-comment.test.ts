import { describe, expect, it } from 'vitest';
import { docOfComment, docOfString } from './doc-comment.ts';

describe('docOfComment', () => {
  it.each([
    ['/** One line. */', 'One line.'],
    ['/**\n * First,\n * still first.\n *\n * Second.\n */', 'First, still first.'],
    ['/**\n * @param a tags only\n */', ''],
    ['/** See {@link Store}. */', 'See Store.'],
    ['/// Rust.\n/// More.', 'Rust. More.'],
    ['// eslint-disable-next-line\n// Real.', 'Real.'],
    ['// @ts-expect-error', ''],
    ['#!/bin/sh\n# Shell.', 'Shell.'],
    ['// --------\n// Framed\n// --------', 'Framed'],
    ['/// <summary>Sharp.</summary>', 'Sharp.'],
    ['/**\r\n * Windows.\r\n */', 'Windows.'],
    ['/**/', ''],
  ])('%j', (comment, doc) => {
    expect(docOfComment(comment)).toBe(doc);
  });
});

describe('docOfString', () => {
  it.each([
    ['"""One."""', 'One.'],
    ["'''One\n   two.\n\n   Three.\n'''", 'One two.'],
    ['r"""Raw."""', 'Raw.'],
    ['""', ''],
  ])('%j', (literal, doc) => {
    expect(docOfString(literal)).toBe(doc);
  });
});
