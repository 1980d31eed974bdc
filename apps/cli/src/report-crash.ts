import { writeSync } from 'node:fs';

/** What was thrown and caught by nobody: says so without the secrets that its words may hold, and ends the process. */
export async function reportCrash(error: unknown): Promise<void> {
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const { redactText } = await import('@nootropic/server/redact');
  try {
    writeSync(2, `error INTERNAL: Something failed that should not have.\n${redactText(words)}\n`);
  } finally {
    process.exit(1);
  }
}
