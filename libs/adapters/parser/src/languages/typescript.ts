import type { LanguageSpec } from '../language-spec.ts';
import { ecmascriptName, ecmascriptQuery, jsxQuery } from './ecmascript.ts';

/** Types of the language itself, which no file declares. */
const builtIn = [
  'Array',
  'Date',
  'Error',
  'Iterable',
  'Map',
  'Omit',
  'Partial',
  'Pick',
  'Promise',
  'Readonly',
  'Record',
  'RegExp',
  'Set',
]
  .map((name) => `"${name}"`)
  .join(' ');

const query = `
${ecmascriptQuery}
(ambient_declaration (_) @wrapped) @wrapper
(expression_statement (internal_module) @wrapped) @wrapper
(abstract_class_declaration name: (_) @name body: (_) @body) @class
(interface_declaration name: (_) @name body: (_) @body) @interface
(type_alias_declaration name: (_) @name) @type
(enum_declaration name: (_) @name body: (_) @body) @enum
(function_signature name: (_) @name) @function
(method_signature name: (_) @name) @method
(abstract_method_signature name: (_) @name) @method
(internal_module name: (_) @name body: (_) @body) @module
(module name: (_) @name body: (_) @body) @module
(internal_module body: (statement_block (lexical_declaration (variable_declarator name: (identifier) @name value: (_)? @value) @constant)))
(internal_module body: (statement_block (export_statement declaration: (lexical_declaration (variable_declarator name: (identifier) @name value: (_)? @value) @constant))))
(ambient_declaration (lexical_declaration (variable_declarator name: (identifier) @name) @constant))
(ambient_declaration (variable_declaration (variable_declarator name: (identifier) @name) @variable))
(public_field_definition name: (_) @name value: [
  (arrow_function body: (_) @body) (function_expression body: (_) @body)
]) @method
(extends_clause value: (identifier) @inherit)
(extends_clause value: (member_expression property: (_) @inherit))
(implements_clause (type_identifier) @inherit)
(implements_clause (generic_type name: (type_identifier) @inherit))
(implements_clause (nested_type_identifier name: (_) @inherit))
(extends_type_clause (type_identifier) @inherit)
(extends_type_clause (generic_type name: (type_identifier) @inherit))
(extends_type_clause (nested_type_identifier name: (_) @inherit))
((type_identifier) @use (#not-any-of? @use ${builtIn}))
(type_query (identifier) @use)
(type_query (member_expression property: (_) @use))
(type_parameter name: (_) @bound)
(mapped_type_clause name: (_) @bound)
(infer_type (type_identifier) @bound)
(import_statement (import_require_clause (identifier) @default @whole source: (_) @from)) @import
(interface_body (_) @border)
`;

export const typescript: LanguageSpec = {
  language: 'typescript',
  grammar: 'tree-sitter-typescript.wasm',
  dotted: ecmascriptName,
  query,
};

export const tsx: LanguageSpec = {
  language: 'tsx',
  grammar: 'tree-sitter-tsx.wasm',
  dotted: ecmascriptName,
  query: `${query}${jsxQuery}`,
};
