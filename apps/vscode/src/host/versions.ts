/** What a person runs to have the program; shown and copied, and run in a terminal only where they click for it. */
export const installCommand = 'npm install --global nootropic';

export const installHint = `Install it with \`${installCommand}\`, which is done by you and not by this extension.`;

/** Whether an extension and a host of these versions understand each other: the same major version, and below 1.0 the same minor one. */
export function isMatching(extension: string, host: string): boolean {
  const [ours, theirs] = [partsOf(extension), partsOf(host)];
  if (!ours || !theirs || ours[0] !== theirs[0]) return false;
  return ours[0] !== 0 || ours[1] === theirs[1];
}

/** What to do where they do not: the older one is the one to bring up to date. */
export function mismatchHint(extension: string, host: string): string {
  const [ours, theirs] = [partsOf(extension), partsOf(host)];
  const isHostOlder = !ours || !theirs || theirs[0] < ours[0] || (theirs[0] === ours[0] && theirs[1] < ours[1]);
  return isHostOlder
    ? `Run \`${installCommand}@${extension}\`, then \`nootropic stop\`, then try again.`
    : 'Bring this extension up to date, then reload the window.';
}

function partsOf(version: string): readonly [major: number, minor: number] | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+/u.exec(version) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}
