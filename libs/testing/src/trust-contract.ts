import type { Trust } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';

export interface TrustSubject extends AsyncDisposable {
  readonly trust: Trust;
  /** Absolute paths that exist: a folder with a `.git`, a folder inside it, a repository nested in it, and a folder elsewhere. */
  readonly folders: {
    readonly repository: string;
    readonly inside: string;
    readonly nested: string;
    readonly elsewhere: string;
  };
}

/** The contract of `Trust`. */
export function describeTrustContract(name: string, makeSubject: () => Promise<TrustSubject>): void {
  describe(`${name} (Trust)`, () => {
    const none = { trusted: false, unattended: false };
    const yes = { trusted: true, unattended: false };

    it('trusts no folder that it was not told of', async () => {
      await using subject = await makeSubject();
      expect(await subject.trust.state(subject.folders.repository)).toEqual(none);
      expect(await subject.trust.list()).toEqual([]);
    });

    it('trusts what lies inside a trusted folder, and nothing beside it', async () => {
      await using subject = await makeSubject();
      const { trust, folders } = subject;
      expect(await trust.set(folders.repository, { trusted: true })).toEqual(yes);
      expect(await trust.state(folders.repository)).toEqual(yes);
      expect(await trust.state(folders.inside)).toEqual(yes);
      expect(await trust.state(folders.elsewhere)).toEqual(none);
    });

    it('lends no trust to a repository nested in a trusted folder', async () => {
      await using subject = await makeSubject();
      const { trust, folders } = subject;
      await trust.set(folders.repository, { trusted: true, unattended: true });
      expect(await trust.state(folders.nested)).toEqual(none);
      await trust.set(folders.nested, { trusted: true });
      expect(await trust.state(folders.nested)).toEqual(yes);
    });

    it('lends no trust upwards', async () => {
      await using subject = await makeSubject();
      const { trust, folders } = subject;
      await trust.set(folders.inside, { trusted: true });
      expect(await trust.state(folders.repository)).toEqual(none);
    });

    it('knows no unattended folder that is not trusted', async () => {
      await using subject = await makeSubject();
      const { trust, folders } = subject;
      expect(await trust.set(folders.repository, { trusted: true, unattended: true })).toEqual({
        trusted: true,
        unattended: true,
      });
      expect(await trust.set(folders.repository, { trusted: false })).toEqual(none);
      expect(await trust.state(folders.inside)).toEqual(none);
      expect(await trust.set(folders.repository, { trusted: true })).toEqual(yes);
    });

    it('lists what it was told', async () => {
      await using subject = await makeSubject();
      const { trust, folders } = subject;
      await trust.set(folders.repository, { trusted: true });
      await trust.set(folders.elsewhere, { trusted: true, unattended: true });
      const listed = await trust.list();
      expect(listed.map(({ state }) => state)).toEqual([yes, { trusted: true, unattended: true }]);
      expect(listed.map(({ root }) => root)).toEqual([folders.repository, folders.elsewhere]);
    });
  });
}
