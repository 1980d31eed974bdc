import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Hono } from 'hono';
import type { HttpEnv } from './http-app.ts';
import { pageHeaders, typeOfFile } from './http-page.ts';
import { openApiDocument } from './openapi-document.ts';

const viewerFiles = ['swagger-ui.css', 'swagger-ui-bundle.js'];

/**
 * The OpenAPI document at `/openapi.json` and its page at `/api-docs` (https://swagger.io/tools/swagger-ui/), all from this machine, made when they are first
 * asked for. Neither holds a secret. What the page tries out is sent with the cookie of the browser, where it has one.
 */
export function mountApiDocs(app: Hono<HttpEnv>, version: string): void {
  const made = new Map<string, Promise<string>>();
  const mount = (address: string, type: string, make: () => Promise<string>): void => {
    app.get(address, async (context) => {
      context.env.seen.route = address;
      const text = made.get(address) ?? make();
      made.set(address, text);
      return new Response(await text, { headers: { ...pageHeaders, 'content-type': type } });
    });
  };
  mount('/openapi.json', 'application/json', async () => JSON.stringify(await openApiDocument(version)));
  mount('/api-docs', typeOfFile('.html'), async () => page);
  mount('/api-docs/start.js', typeOfFile('.js'), async () => start);
  for (const name of viewerFiles)
    mount(`/api-docs/${name}`, typeOfFile(name), () => readFile(viewerFile(name), 'utf8'));
}

/** In the source tree the file of the package, in the bundle its copy beside it. */
function viewerFile(name: string): string {
  return import.meta.url.endsWith('.ts')
    ? createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`)
    : fileURLToPath(new URL(`./api-docs/${name}`, import.meta.url));
}

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>nootropic: the API</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/api-docs/swagger-ui.css" />
  </head>
  <body>
    <div id="api"></div>
    <script src="/api-docs/swagger-ui-bundle.js"></script>
    <script src="/api-docs/start.js"></script>
  </body>
</html>
`;

const start = `SwaggerUIBundle({
  url: '/openapi.json',
  domNode: document.getElementById('api'),
  deepLinking: true,
  docExpansion: 'none',
  filter: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    request.headers['x-nootropic-request'] = '1';
    return request;
  },
});
`;
