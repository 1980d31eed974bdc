import { ExternalLink, FileText, ImageOff } from 'lucide-react';
import { memo, useMemo, type ReactNode } from 'react';
import Markdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { CodeBlock } from '../parts/code-block.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { citationLinks } from './citation-links.ts';
import { markdownChunks } from './markdown-chunks.ts';

/** Markdown that may still be written: only its last part is drawn anew. HTML in it is text, images are not loaded, links are asked about. */
export function MarkdownText({ text }: { readonly text: string }) {
  const chunks = useMemo(() => markdownChunks(text), [text]);
  return (
    <div className="nt-markdown">
      {chunks.map(({ text: part, openCode }, index) =>
        openCode ? <OpenCode key={index} {...openCode} /> : <MarkdownPart key={index} text={part} />,
      )}
    </div>
  );
}

/** Code that is still written: it gets its colours when it is whole. */
function OpenCode({ language, text }: { readonly language: string; readonly text: string }) {
  return <CodeBlock text={text} language="" path={language === '' ? undefined : language} lineNumbers={false} />;
}

const MarkdownPart = memo(function MarkdownPart({ text }: { readonly text: string }) {
  return (
    <Markdown remarkPlugins={[remarkGfm]} rehypePlugins={[citationLinks]} components={components}>
      {text}
    </Markdown>
  );
});

const components: Components = {
  a: ({ href, children, node }) => (
    <MarkdownLink href={href} place={node?.properties}>
      {children}
    </MarkdownLink>
  ),
  img: ({ src, alt }) => <ImagePlace src={typeof src === 'string' ? src : ''} alt={alt ?? ''} />,
  pre: ({ children }) => <>{children}</>,
  code: ({ className, children, node }) => {
    const text = String(children);
    const language = /language-(\S+)/u.exec(className ?? '')?.[1];
    const isBlock =
      language !== undefined ||
      (node?.position && node.position.end.line > node.position.start.line) ||
      text.endsWith('\n');
    return isBlock ? <CodeBlock text={text.replace(/\n$/u, '')} language={language} /> : <code>{children}</code>;
  },
  table: ({ children }) => (
    <div className="nt-markdown-table" tabIndex={0} role="group">
      <table>{children}</table>
    </div>
  ),
  input: ({ checked }) => <input type="checkbox" checked={checked === true} readOnly disabled aria-hidden />,
};

function MarkdownLink(props: {
  readonly href: string | undefined;
  readonly place: Readonly<Record<string, unknown>> | undefined;
  readonly children: ReactNode;
}) {
  const { openFile, openLink } = useUi();
  const { href = '', place, children } = props;
  const path = place?.['dataPath'];
  if (typeof path === 'string') {
    const line = Number(place?.['dataLine']);
    return <FileLink path={path} line={line} onOpen={() => openFile(path, line)} />;
  }
  if (/^https?:/iu.test(href) && URL.canParse(href)) {
    const host = <span className="nt-link-shown-host">{new URL(href).host}</span>;
    if (!openLink)
      return (
        <span title={href}>
          {children} {host}
        </span>
      );
    return (
      <button type="button" className="nt-text-link" title={href} onClick={() => openLink(href)}>
        {children}
        <ExternalLink aria-hidden size={12} />
        {host}
      </button>
    );
  }
  const [, file, line] = /^(?![a-z]+:)\/?([\w@$.+~/-]+\.\w+)(?:#L(\d+))?$/iu.exec(href) ?? [];
  if (file !== undefined)
    return (
      <button
        type="button"
        className="nt-text-link"
        title={file}
        onClick={() => openFile(file, line === undefined ? undefined : Number(line))}
      >
        {children}
      </button>
    );
  return <>{children}</>;
}

function FileLink({
  path,
  line,
  onOpen,
}: {
  readonly path: string;
  readonly line: number;
  readonly onOpen: () => void;
}) {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return (
    <button type="button" className="nt-file-link" title={strings.chat.citation(path, line)} onClick={onOpen}>
      <FileText aria-hidden size={12} />
      {name}:{line}
    </button>
  );
}

/** An image is never asked for: its address could tell somebody what was read here. */
function ImagePlace({ src, alt }: { readonly src: string; readonly alt: string }) {
  return (
    <span className="nt-image-place">
      <ImageOff aria-hidden size={14} /> {strings.chat.image} {alt && <em>{alt}</em>} <code>{src}</code>
    </span>
  );
}
