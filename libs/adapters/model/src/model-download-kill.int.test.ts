import * as http from 'node:http';
import { createSeededRandom, startDownloadServer, tinyGgufBytes } from '@nootropic/testing';
import { expect, it } from 'vitest';
import { runDownloadKillGate } from './model-download-kill-gate.ts';

it('finishes downloads that were killed, with the right bytes, and never lists a partial file', async () => {
  const tiny = tinyGgufBytes();
  const bytes = new Uint8Array(tiny.length + 2_000_000);
  bytes.set(tiny);
  const report = await runDownloadKillGate({
    count: 5,
    random: createSeededRandom(7),
    bytes,
    serve: (files, onSent) => startDownloadServer(http, { files, onSent, pieceBytes: 32_768, pieceMs: 1 }),
  });
  expect(report.faults).toEqual([]);
  expect(report.run).toBe(5);
  expect(report.kills).toBeGreaterThanOrEqual(5);
  expect(report.resumed).toBeGreaterThan(0);
}, 120_000);
