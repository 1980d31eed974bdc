import type { LanguageSpec } from '../language-spec.ts';
import { ecmascriptName, ecmascriptQuery, jsxQuery } from './ecmascript.ts';

export const javascript: LanguageSpec = {
  language: 'javascript',
  grammar: 'tree-sitter-javascript.wasm',
  dotted: ecmascriptName,
  query: `
(assignment_expression
  left: (member_expression) @exports (#eq? @exports "module.exports")
  right: (function_expression name: (identifier) @name body: (_) @body)) @function
${ecmascriptQuery}
${jsxQuery}
(field_definition property: (_) @name value: [
  (arrow_function body: (_) @body) (function_expression body: (_) @body)
]) @method
(class_heritage (identifier) @inherit)
(class_heritage (member_expression property: (_) @inherit))
`,
};
