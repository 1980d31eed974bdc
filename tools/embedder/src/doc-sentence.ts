const boilerplate =
  /^(?:see |same as|deprecated|todo|fixme|inheritdoc|\{@inheritdoc|override|internal|alias|copyright|licen[cs]ed|spdx|test |auto|generated|@|noqa|safety|helper$|constructor$|initiali[sz]e self|return self|\.\. |ditto|xxx|not implemented|\+build|go:|nolint|eslint|istanbul|\W*$)/iu;
const longest = 300;
const fewestWords = 4;

/**
 * What a documentation comment says in its first paragraph, as a question could say it: without markup, links and lists of parameters,
 * at most 300 characters, cut after a sentence. Empty for a comment that says nothing: too short, boilerplate, or not English.
 */
export function docSentence(comment: string): string {
  const lines = comment
    .replaceAll('\r', '')
    .split('\n')
    .map((line) => line.trim());
  let text = lines.join('\n').trim();
  text =
    text.split(/\n\s*\n|\n(?:Parameters|Returns|Examples?|Notes?|Args|Raises|Yields|See Also|@\w+|#+ )(?!\w)/u)[0] ??
    '';
  text = text.split(/(?:^|\n)(?:@\w+|:param|:return|#+ |>>> )/u)[0] ?? '';
  text = text
    .replace(/```.*/su, '')
    .replace(/\{@(?:link|code|linkplain|literal)\s+([^}|]+)(?:\|[^}]*)?\}/gu, '$1')
    .replace(/:\w+:`~?([^`]+)`/gu, '$1')
    .replace(/\[`?([^\]`]+)`?\](?:\([^)]*\)|\[[^\]]*\])?/gu, '$1')
    .replace(/<[^>]+>/gu, ' ')
    .replaceAll('`', '')
    .replace(/https?:\/\/\S+/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  if (text.length > longest) text = /^.{40,300}?[.!?](?=\s)/u.exec(text)?.[0] ?? text.slice(0, longest);
  const words = text.match(/[A-Za-z]{2,}/gu) ?? [];
  if (words.length < fewestWords || boilerplate.test(text)) return '';
  const plain = text.replace(/[^\0-\x7f]/gu, '').length;
  return plain > 0.95 * text.length ? text : '';
}

/** Go begins a comment with the function's name: "Parse reads …" becomes "Reads …". */
export function withoutOwnName(comment: string, name: string): string {
  if (!comment.startsWith(`${name} `)) return comment;
  const rest = comment.slice(name.length + 1).replace(/^(?:is|are) /u, '');
  return rest.slice(0, 1).toUpperCase() + rest.slice(1);
}
