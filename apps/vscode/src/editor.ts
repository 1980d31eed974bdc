/**
 * The editor that the extension runs in. It is an argument wherever it is used: a test gives one that lives in memory, and a part asks it for what
 * an older editor or a fork may not have.
 */
export type Editor = typeof import('vscode');
