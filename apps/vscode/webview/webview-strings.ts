/** Every word that this page says by itself; the others are those of the UI. */
export const webviewStrings = {
  noFolder: 'No folder is open',
  noFolderText: 'The assistant answers about the code of a folder on your disk.',
  openFolder: 'Open a folder',
};
