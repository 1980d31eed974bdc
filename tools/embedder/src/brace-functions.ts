import { withoutOwnName } from './doc-sentence.ts';
import type { FoundFunction, FunctionFinder } from './found-function.ts';
import { blockCommentAbove, braceBlockEnd, indentOf, lineCommentsAbove, withoutSlashComments } from './source-lines.ts';

const longestLine = 400;

const goFunction = /^func\s+(?:\(\s*\w*\s*\*?(\w+)[^)]*\)\s*)?(\w+)/u;

export const goFunctions: FunctionFinder = (text) => {
  const lines = text.split('\n');
  return lines.flatMap((line, at): FoundFunction[] => {
    const match = line.length > longestLine ? null : goFunction.exec(line);
    const end = match === null ? undefined : braceBlockEnd(lines, at);
    if (match === null || end === undefined) return [];
    const name = match[2] ?? '';
    const comment = lineCommentsAbove(lines, at, { sign: /^\/\//u, skip: /^\/\/(?:go:|line|export|sys|nolint)/u });
    const code = withoutSlashComments(lines.slice(at, end + 1));
    return [{ name, owner: match[1] ?? '', comment: withoutOwnName(comment, name), code, line: at + 1 }];
  });
};

const rustFunction =
  /^\s*(?:pub(?:\([^)]*\))?\s+)?(?:default\s+)?(?:const\s+)?(?:async\s+)?(?:unsafe\s+)?(?:extern\s+"[^"]*"\s+)?fn\s+(\w+)/u;
const rustOwner = /^(?:unsafe\s+)?(?:impl|pub trait|trait)\b(?:<.*?>)?\s*(?:.*?\bfor\s+)?&?(?:\w+::)*([A-Z]\w*)/u;

export const rustFunctions: FunctionFinder = (text) => {
  const lines = (text.split(/#\[cfg\(test\)\]\s*mod /u)[0] ?? '').split('\n');
  const found: FoundFunction[] = [];
  let owner = '';
  for (const [at, line] of lines.entries()) {
    if (line.startsWith('}')) owner = '';
    owner = rustOwner.exec(line)?.[1] ?? owner;
    const name = line.length > longestLine ? undefined : rustFunction.exec(line)?.[1];
    const end = name === undefined ? undefined : braceBlockEnd(lines, at);
    if (name === undefined || end === undefined) continue;
    let above = at - 1;
    let isTest = false;
    for (; above >= 0 && /^\s*(?:#\[|\/\/)/u.test(lines[above] ?? ''); above -= 1)
      isTest ||= (lines[above] ?? '').includes('#[test]');
    if (isTest) continue;
    const comment = lineCommentsAbove(lines, at, { sign: /^\/\/\/(?!\/)/u, skip: /^(?:#\[|\/\/(?!\/))/u });
    found.push({ name, owner, comment, code: withoutSlashComments(lines.slice(at, end + 1)), line: at + 1 });
  }
  return found;
};

const scriptFunction =
  /^\s*(?:export\s+)?(?:default\s+)?(?:(?:public|private|protected|static|async|get|set|override)\s+)*(?:function\s*\*?\s*(\w+)\s*[(<]|(?:const|let|var)\s+(\w+)\s*=\s*(?:async\s*)?(?:function\b|\([^)]*\)\s*(?::[^=]+)?=>|\w+\s*=>)|(?:[\w.]+\.)?(#?\w+)\s*[=:]\s*(?:async\s+)?function\b|(?:\*\s*)?(#?\w+)\s*(?:<[^>]*>)?\s*\()/u;
const notNames = new Set(
  'if for while switch catch return function constructor super else do with new typeof await describe it define require'.split(
    ' ',
  ),
);

export const scriptFunctions: FunctionFinder = (text) => {
  const lines = text.split('\n');
  const found: FoundFunction[] = [];
  let owner = '';
  for (const [at, line] of lines.entries()) {
    const opened = /^(?:export\s+)?(?:default\s+)?(?:abstract\s+)?class\s+(\w+)/u.exec(line)?.[1];
    if (opened !== undefined) owner = opened;
    else if (line.startsWith('}')) owner = '';
    const match = line.length > longestLine ? null : scriptFunction.exec(line);
    const name = match?.slice(1).find((group) => group !== undefined) ?? '';
    if (match === null || name === '' || notNames.has(name)) continue;
    if (match[4] !== undefined && !isMethod(lines, at)) continue;
    const end = braceBlockEnd(lines, at);
    if (end === undefined) continue;
    const comment = blockCommentAbove(lines, at, { skip: /^\s*@/u });
    if (comment === '' && end - at < 2) continue;
    const prototype = /^(\w+)\.prototype\./u.exec(line.trim())?.[1];
    const code = withoutSlashComments(lines.slice(at, end + 1));
    found.push({ name, owner: prototype ?? owner, comment, code, line: at + 1 });
  }
  return found;
};

/** A name with parentheses is a method only where a block follows them, and not deep inside a function. */
function isMethod(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? '';
  if (!/[{(,]$/u.test(line.trimEnd()) || indentOf(line) > 4) return false;
  return /^[^{]*\)\s*(?::[^{]+)?\{/u.test(lines.slice(at, at + 12).join(' '));
}

const typeOpening =
  /^\s*(?:(?:public|protected|private|static|final|abstract|sealed)\s+)*(?:class|interface|enum|record|trait)\s+(\w+)/u;
const javaFunction =
  /^\s+(?:(?:public|protected|private|static|final|synchronized|abstract|default|native)\s+)*(?:<[^>]+(?:<[^>]*>)?[^>]*>\s+)?[\w.]+(?:<.*>)?(?:\[\])*\s+(\w+)\s*\(/u;
const javaSkip = /^\s*@\w+/u;
const statement = /^\s*(?:return|new|throw|else|if|for|while|switch|catch|assert|case|package|import|do|try)\b/u;

export const javaFunctions: FunctionFinder = (text) => ownedFunctions(text, javaFunction, javaSkip);

const phpFunction = /^\s*(?:(?:public|protected|private|static|final|abstract)\s+)*function\s+&?(\w+)\s*\(/u;

export const phpFunctions: FunctionFinder = (text) => ownedFunctions(text, phpFunction, /^\s*#\[/u);

function ownedFunctions(text: string, pattern: RegExp, skip: RegExp): FoundFunction[] {
  const lines = text.split('\n');
  const found: FoundFunction[] = [];
  let owner = '';
  for (const [at, line] of lines.entries()) {
    owner = typeOpening.exec(line)?.[1] ?? owner;
    if (line.length > longestLine || statement.test(line)) continue;
    const name = pattern.exec(line)?.[1];
    if (name === undefined) continue;
    const end = allmanBlockEnd(lines, at);
    if (end === undefined) continue;
    const comment = blockCommentAbove(lines, at, { skip });
    found.push({ name, owner, comment, code: withoutSlashComments(lines.slice(at, end + 1)), line: at + 1 });
  }
  return found;
}

/** As `braceBlockEnd`, where the opening brace may stand alone on the line after the head. */
function allmanBlockEnd(lines: readonly string[], at: number): number | undefined {
  for (let head = at; head < lines.length && head < at + 8; head += 1) {
    const line = (lines[head] ?? '').trimEnd();
    if (line.endsWith(';')) return undefined;
    if (line.endsWith('{') || line.endsWith('}'))
      return head === at ? braceBlockEnd(lines, at) : endFrom(lines, head, indentOf(lines[at] ?? ''));
  }
  return undefined;
}

function endFrom(lines: readonly string[], open: number, indent: number): number | undefined {
  for (let at = open + 1; at < lines.length && at < open + 400; at += 1) {
    const line = lines[at] ?? '';
    if (indentOf(line) <= indent && line.trimStart().startsWith('}')) return at;
  }
  return undefined;
}

const cFunction = /^(?:[A-Za-z_][\w\s*]*[\s*])?(\w+)\s*\(/u;

/** C as most of its projects write it: the name at the beginning of a line or after its type, the braces in the first column. */
export const cFunctions: FunctionFinder = (text) => {
  const lines = text.split('\n');
  const found: FoundFunction[] = [];
  for (const [at, line] of lines.entries()) {
    if (line !== '{' && !/^\w.*\)\s*\{$/u.test(line)) continue;
    let head = at;
    if (line === '{') for (head = at - 1; head > at - 8 && head >= 0 && /^\s/u.test(lines[head] ?? ''); head -= 1);
    const name = cFunction.exec(lines[head] ?? '')?.[1];
    if (name === undefined || notNames.has(name) || (lines[head] ?? '').length > longestLine) continue;
    const end = lines.findIndex((after, index) => index > at && after.startsWith('}'));
    if (end < 0 || end - at > 400) continue;
    const start = head > 0 && /^[a-z][\w\s*]*$/u.test(lines[head - 1] ?? '') ? head - 1 : head;
    const comment = blockCommentAbove(lines, start, { skip: /^#/u, opening: '/*' });
    const own = comment.replace(new RegExp(`^\\W*${name}(?:\\(\\))?\\s*(?:-+|:)?\\s*`, 'u'), '');
    found.push({
      name,
      owner: '',
      comment: own,
      code: withoutSlashComments(lines.slice(start, end + 1)),
      line: start + 1,
    });
  }
  return found;
};
