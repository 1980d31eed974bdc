import type { Secrets } from '@nootropic/contracts';
import { beforeEach, describe, expect, it } from 'vitest';

export interface SecretsSubject {
  /** Without any key but that of `xai`, which comes from the environment: `from-environment`. */
  readonly secrets: Secrets;
  /** Where it writes. */
  readonly place: 'keychain' | 'file';
}

/** The tests that every `Secrets` passes. */
export function describeSecretsContract(
  name: string,
  makeSubject: () => SecretsSubject | Promise<SecretsSubject>,
): void {
  describe(`${name} is a Secrets`, () => {
    let secrets: Secrets;
    let place: SecretsSubject['place'];
    beforeEach(async () => {
      ({ secrets, place } = await makeSubject());
    });

    it('has no key before one is written', async () => {
      expect(await secrets.read('openai')).toBeUndefined();
      expect(await secrets.place('openai')).toBe('none');
      await secrets.remove('openai');
    });

    it('gives back what was written, and says where it lies', async () => {
      expect(await secrets.write('openai', 'sk-1')).toBe(place);
      expect(await secrets.write('google', 'g "\u00e9')).toBe(place);
      expect(await secrets.read('openai')).toBe('sk-1');
      expect(await secrets.read('google')).toBe('g "\u00e9');
      expect(await secrets.place('openai')).toBe(place);
    });

    it('replaces and removes, one without another', async () => {
      await secrets.write('openai', 'sk-1');
      await secrets.write('google', 'g');
      await secrets.write('openai', 'sk-2');
      expect(await secrets.read('openai')).toBe('sk-2');
      await secrets.remove('openai');
      expect(await secrets.read('openai')).toBeUndefined();
      expect(await secrets.place('openai')).toBe('none');
      expect(await secrets.read('google')).toBe('g');
    });

    it('takes the environment before all else', async () => {
      await secrets.write('xai', 'written');
      expect(await secrets.read('xai')).toBe('from-environment');
      expect(await secrets.place('xai')).toBe('environment');
      await secrets.remove('xai');
      expect(await secrets.read('xai')).toBe('from-environment');
    });

    it('has no key under a name that every object has', async () => {
      for (const each of ['constructor', 'toString', '__proto__']) {
        expect(await secrets.read(each)).toBeUndefined();
        expect(await secrets.place(each)).toBe('none');
      }
    });
  });
}
