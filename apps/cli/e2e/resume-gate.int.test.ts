import * as http from 'node:http';
import { createSeededRandom, startScriptedServer } from '@nootropic/testing';
import { expect, it } from 'vitest';
import { runResumeGate } from './resume-gate.ts';

it('gives every event of a turn once, though the connection is cut at any byte', async () => {
  const result = await runResumeGate(40, {
    random: createSeededRandom(6),
    startModel: (answer) => startScriptedServer({ http, contextLength: 131_072, answer }),
  });
  expect(result).toMatchObject({ asked: 40, run: 40, faults: [] });
  expect(result.resumed).toBeGreaterThan(5);
}, 120_000);
