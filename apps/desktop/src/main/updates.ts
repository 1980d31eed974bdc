/** New versions of the app. They are asked for at the feed that was named when the app was built, and never where none was. */
export interface Updates {
  readonly isOn: boolean;
  check(): Promise<{ readonly state: 'off' | 'newest' | 'found'; readonly version?: string }>;
}

/** What of electron-updater is used. */
export interface Updater {
  autoDownload: boolean;
  checkForUpdates(): Promise<{
    readonly isUpdateAvailable: boolean;
    readonly updateInfo: { readonly version: string };
  } | null>;
}

/**
 * Looks only when a person asks, and downloads nothing by itself: an app that promises that nothing leaves the machine does not call home unasked.
 *
 * @param feed Whether a feed was named when the app was built.
 */
export function createUpdates(updater: () => Promise<Updater>, feed: boolean): Updates {
  return {
    isOn: feed,
    async check() {
      if (!feed) return { state: 'off' };
      const found = await updater();
      found.autoDownload = false;
      const result = await found.checkForUpdates();
      if (!result?.isUpdateAvailable) return { state: 'newest' };
      return { state: 'found', version: result.updateInfo.version };
    },
  };
}
