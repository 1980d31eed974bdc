export interface PageFiles {
  /** What the editor's policy calls the origin of the extension's own files. */
  readonly source: string;
  /** Addresses of the page's script and of its style sheet. */
  readonly script: string;
  readonly style: string;
  /** Fresh for each page. */
  readonly nonce: string;
}

/**
 * The page of the chat. Its policy lets in nothing but the extension's own files: no script without the nonce or from elsewhere, no connection at all (the page
 * asks the extension, which asks the host), and pictures only from itself.
 */
export function pageHtml({ source, script, style, nonce }: PageFiles): string {
  const policy = [
    `default-src 'none'`,
    // The source is for parts of the page that are loaded late: a nonce does not reach them.
    `script-src 'nonce-${nonce}' ${source}`,
    `style-src ${source}`,
    `font-src ${source}`,
    `img-src ${source} data: blob:`,
    `connect-src 'none'`,
    `form-action 'none'`,
    `base-uri 'none'`,
  ].join('; ');
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="referrer" content="no-referrer" />
    <title>nootropic</title>
    <link rel="stylesheet" href="${style}" />
  </head>
  <body>
    <div id="root"></div>
    <script type="module" nonce="${nonce}" src="${script}"></script>
  </body>
</html>
`;
}
