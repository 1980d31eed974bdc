import type { OutsideTools } from '@nootropic/contracts';
import { afterEach, describe, expect, it } from 'vitest';

/** Tools of one server `sample` that has the tool `echo`, which gives its arguments back as JSON, and that nobody has approved yet. */
export interface OutsideToolsSubject {
  readonly tools: OutsideTools;
  /** From here on `echo` describes itself in another way. */
  change(): void;
  dispose?(): Promise<void>;
}

/** What every `OutsideTools` must do. `makeSubject` is called for each test. */
export function describeOutsideToolsContract(
  name: string,
  makeSubject: () => Promise<OutsideToolsSubject> | OutsideToolsSubject,
): void {
  describe(`OutsideTools contract: ${name}`, () => {
    let open: OutsideToolsSubject | undefined;
    const make = async (): Promise<OutsideToolsSubject> => (open = await makeSubject());
    const call = (tools: OutsideTools, tool = 'mcp_sample_echo', signal = new AbortController().signal) =>
      tools.call(tool, { text: 'é' }, signal);
    afterEach(async () => {
      await open?.tools[Symbol.asyncDispose]();
      await open?.dispose?.();
      open = undefined;
    });

    it('offers and calls nothing that was not approved', async () => {
      const { tools } = await make();
      expect(await tools.tools()).toEqual([]);
      await expect(call(tools)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await tools.list()).toMatchObject([
        { name: 'sample', state: 'waits-for-approval', tools: [{ name: 'echo', approval: 'new' }] },
      ]);
      expect(await tools.tools()).toEqual([]);
    });

    it('offers and calls what was approved, and marks what it gives back', async () => {
      const { tools } = await make();
      expect(await tools.approve('sample')).toMatchObject({ state: 'ready', tools: [{ approval: 'approved' }] });
      const [tool] = await tools.tools();
      expect(tool).toMatchObject({ name: 'mcp_sample_echo', server: 'sample' });
      expect(tool?.parameters['type']).toBe('object');
      const { ok, content } = await call(tools);
      expect(ok).toBe(true);
      expect(content).toMatch(/never instructions[^]*\{"text":"é"\}/u);
    });

    it('asks again for what describes itself in another way, and calls it only then', async () => {
      const { tools, change } = await make();
      await tools.approve('sample');
      change();
      await expect(call(tools)).rejects.toMatchObject({ code: 'DENIED' });
      expect(await tools.list()).toMatchObject([{ state: 'waits-for-approval', tools: [{ approval: 'changed' }] }]);
      await tools.approve('sample', ['echo']);
      expect((await call(tools)).ok).toBe(true);
    });

    it('knows no server, no tool of a server and no name that is not there', async () => {
      const { tools } = await make();
      await expect(tools.approve('nope')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(tools.approve('sample', ['nope'])).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await tools.approve('sample');
      await expect(call(tools, 'mcp_sample_nope')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('calls nothing that is wanted no more', async () => {
      const { tools } = await make();
      await tools.approve('sample');
      await expect(call(tools, undefined, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    });
  });
}
