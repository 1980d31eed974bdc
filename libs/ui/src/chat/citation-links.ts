/** The part of a syntax tree of HTML that is read here (https://github.com/syntax-tree/hast). */
interface TreeNode {
  readonly type: string;
  readonly tagName?: string;
  readonly value?: string;
  children?: TreeNode[];
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** `src/app.ts:10`, `src/app.ts:10-24` or `#L10-L24`; also in brackets. */
const place =
  /(?<open>\[)?(?<path>(?:[\w@$.+~-]+\/)*[\w@$.+~-]+\.[A-Za-z]\w{0,9})(?::L?|#L)(?<start>\d{1,7})(?:\s?[-–]\s?L?(?<end>\d{1,7}))?(?!\d)(?<close>\])?/gu;
/** What ends a host name, and no name of a source file. */
const hostName = /^[\w.-]+\.(?:com|org|net|edu|gov|io|dev|app|ai|co|cloud|info|local|internal|localhost)$/iu;

/** Makes links to files of the places that a text names, in its words and in its inline code. A plugin of rehype. */
export function citationLinks(): (tree: TreeNode) => void {
  return (tree) => visit(tree);
}

function visit(node: TreeNode): void {
  if (!node.children || node.tagName === 'a' || node.tagName === 'pre') return;
  node.children = node.children.flatMap((child) => {
    if (child.type === 'text') return withLinks(child.value ?? '', false);
    const only = child.tagName === 'code' ? child.children?.[0] : undefined;
    if (only?.type === 'text' && child.children?.length === 1) {
      const [first, ...rest] = withLinks(only.value ?? '', true);
      if (first?.tagName === 'a' && rest.length === 0) return [first];
      return [child];
    }
    visit(child);
    return [child];
  });
}

function withLinks(text: string, whole: boolean): TreeNode[] {
  const nodes: TreeNode[] = [];
  let done = 0;
  for (const match of text.matchAll(place)) {
    const { path = '', start = '', end = start, open, close } = match.groups ?? {};
    if (hostName.test(path) || Number(start) < 1) continue;
    if (whole && match[0].length !== text.trim().length) continue;
    const paired = open !== undefined && close !== undefined;
    const from = match.index + (open !== undefined && !paired ? 1 : 0);
    const to = match.index + match[0].length - (close !== undefined && !paired ? 1 : 0);
    if (from > done) nodes.push({ type: 'text', value: text.slice(done, from) });
    const label = `${path}:${start}${end === start ? '' : `-${end}`}`;
    nodes.push({
      type: 'element',
      tagName: 'a',
      properties: { dataPath: path, dataLine: start },
      children: [{ type: 'text', value: label }],
    });
    done = to;
  }
  if (done < text.length) nodes.push({ type: 'text', value: text.slice(done) });
  return nodes;
}
