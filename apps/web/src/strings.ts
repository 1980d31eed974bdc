/** The words of the page before it is entered. */
export const entryStrings = {
  name: 'nootropic',
  notSignedIn: 'You are not signed in.',
  serve: 'nootropic serve',
  serveSays: 'prints the address of this page, and',
  status: 'nootropic status --page',
  statusSays: 'a new one; each is good for one browser, within 30 seconds.',
};
