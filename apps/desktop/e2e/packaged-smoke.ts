import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron } from 'playwright-core';

/*
 * `node e2e/packaged-smoke.ts`: the packaged app of this system, for real: its window, its host, and an answer. It needs `npx nx package desktop` with Electron's
 * binary before it, and a display. The last line is what the workflow looks for, so that a run that did nothing is no success.
 */

const installers = fileURLToPath(new URL('../dist/installers', import.meta.url));
const binaries: Readonly<Partial<Record<NodeJS.Platform, RegExp>>> = {
  linux: /^linux[^/]*-unpacked\/nootropic$/u,
  darwin: /^mac[^/]*\/nootropic\.app\/Contents\/MacOS\/nootropic$/u,
  win32: /^win[^/]*-unpacked\/nootropic\.exe$/u,
};
const files = (await readdir(installers, { recursive: true })).map((path) => path.split(sep).join('/'));
const binary = files.find((path) => binaries[process.platform]?.test(path));
if (binary === undefined)
  throw new Error(`There is no packaged app in ${installers}: run \`npx nx package desktop\` first.`);

const folder = await mkdtemp(join(tmpdir(), 'nootropic-smoke-'));
const code = join(folder, 'code');
await mkdir(code);
await writeFile(join(code, 'retry.ts'), '/** How often an upload is tried. */\nexport const attempts = 3;\n');
const app = await _electron.launch({
  executablePath: join(installers, binary),
  args: [`--user-data-dir=${join(folder, 'data')}`, ...(process.platform === 'linux' ? ['--no-sandbox'] : [])],
  env: { ...(process.env as Record<string, string>), NOOTROPIC_HOME: join(folder, 'home') },
});
let held = 0;
const holds = (what: string, is: boolean): void => {
  if (!is) throw new Error(`Does not hold: ${what}`);
  held += 1;
  process.stdout.write(`holds  ${what}\n`);
};
try {
  const page = await app.firstWindow();
  holds('the page comes by the scheme of the app', page.url().startsWith('app://nootropic/'));
  holds('a page has no Node', await page.evaluate(() => typeof Reflect.get(globalThis, 'require') === 'undefined'));
  await app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
  }, code);
  await page.getByRole('button', { name: 'Open a folder…' }).click();
  await page.getByRole('textbox').first().waitFor({ timeout: 120_000 });
  holds('a host runs, and the page is about the folder', true);
  await page
    .getByRole('button', { name: /skip/iu })
    .click({ timeout: 5000 })
    .catch(() => undefined);
  await page.getByRole('textbox').last().fill('How often is an upload tried?');
  await page.keyboard.press('Enter');
  await page.getByText('retry.ts').first().waitFor({ timeout: 120_000 });
  holds('a question is answered from the code', true);
  process.stdout.write(`${held} checks of the packaged app held.\n`);
} finally {
  await app.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
}
