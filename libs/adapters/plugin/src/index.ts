export { createFolderCustomizations, type FolderCustomizationsOptions } from './folder-customizations.ts';
export { expandCommand } from './expand-command.ts';
export { compileToolMatcher } from './tool-matcher.ts';
export { shownOnOneLine, takeHiddenOut, type SeenText } from './hidden-text.ts';
export { createMcpTools, type McpToolsOptions } from './mcp-tools.ts';
export { type McpLimits } from './mcp-connection.ts';
export { type McpProcess } from './mcp-process-transport.ts';
