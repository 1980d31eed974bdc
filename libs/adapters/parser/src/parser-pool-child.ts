import { setTimeout as sleep } from 'node:timers/promises';
import { NootropicError } from '@nootropic/contracts';
import { runParserWorker } from './parser-worker.ts';
import { createTreeSitterParser } from './tree-sitter-parser.ts';

/**
 * The worker process of the pool's tests: it parses for real, but some paths make it misbehave. With the argument `--broken`
 * it ends before it is ready.
 */
if (process.argv.includes('--broken')) throw new Error('This worker is broken.');

const kept: Buffer[] = [];

runParserWorker({
  createParser: ({ exhausted, onDamage }) => {
    const parser = createTreeSitterParser({ exhausted, onDamage });
    return {
      ...parser,
      async parse(path, text, signal) {
        if (path.startsWith('hang')) for (;;);
        if (path.startsWith('wait')) await sleep(60_000);
        if (path.startsWith('die')) process.kill(process.pid, 'SIGKILL');
        if (path.startsWith('exit')) process.exit(3);
        if (path.startsWith('grow')) kept.push(Buffer.alloc(400 * 1024 * 1024, 1));
        if (path.startsWith('break')) {
          onDamage();
          throw new NootropicError('INPUT_INVALID', `${path} breaks the grammar.`);
        }
        if (path.startsWith('pid'))
          return { language: 'text', symbols: [], references: [], imports: [], borders: [process.pid] };
        return parser.parse(path, text, signal);
      },
    };
  },
});
