export { createFolderCustomizations, type FolderCustomizationsOptions } from './folder-customizations.ts';
export { expandCommand } from './expand-command.ts';
export { compileToolMatcher } from './tool-matcher.ts';
export { shownOnOneLine, takeHiddenOut, type SeenText } from './hidden-text.ts';
