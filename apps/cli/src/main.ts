// The first file that runs. Everything is imported late, so that `--version` costs no more than Node itself,
// and so that a Node too old for the program still gets far enough to say so.

/** Put in by the build; when the source is run directly, it is read from package.json. */
declare const NOOTROPIC_VERSION: string | undefined;

const oldestNode = [22, 12] as const;

async function version(): Promise<string> {
  if (typeof NOOTROPIC_VERSION === 'string') return NOOTROPIC_VERSION;
  const { readFileSync } = await import('node:fs');
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function nodeIsTooOld(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
}

// Where both are set, FORCE_COLOR wins here as it does in Node, which would print a warning about it, once in each process.
if (process.env['FORCE_COLOR']) delete process.env['NO_COLOR'];

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${await version()}\n`);
} else if (nodeIsTooOld()) {
  const { runOnPinnedNode } = await import('./pinned-node.ts');
  await runOnPinnedNode(import.meta.url, oldestNode.join('.'));
} else {
  // Removing all data must not leave a fresh cache behind.
  if (args[0] !== 'uninstall') {
    const { enableCompileCache } = await import('./compile-cache.ts');
    enableCompileCache();
  }
  const { endWithStarter } = await import('./pinned-node.ts');
  endWithStarter();
  const { start } = await import('./start.ts');
  await start(args, await version());
}
