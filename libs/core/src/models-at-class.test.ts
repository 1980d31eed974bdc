import { createMemorySessionLog, createRecordingTelemetry } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { collect, subjectsOn } from './assistant.fixture.ts';

const subject = subjectsOn({ sessions: createMemorySessionLog, telemetry: createRecordingTelemetry });

describe('modelsAtClass', () => {
  it('puts all that a turn asks of models into the class that its caller names', async () => {
    const calls: { readonly workClass?: string }[] = [];
    const { assistant } = subject({ calls, chat: 'file:/chat.gguf' });
    const batch = { workClass: 'batch' };
    await collect(await assistant.send({ workspace: '/w', text: 'one' }, batch as object));
    await collect(await assistant.send({ workspace: '/w', text: 'two' }));
    expect(calls.map(({ workClass }) => workClass)).toEqual(['batch', 'chat']);
  });
});
