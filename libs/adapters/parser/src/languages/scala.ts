import type { LanguageSpec } from '../language-spec.ts';

export const scala: LanguageSpec = {
  language: 'scala',
  grammar: 'tree-sitter-scala.wasm',
  query: `
(comment) @comment
(block_comment) @comment

(class_definition name: (_) @name body: (_)? @body) @class
(object_definition name: (_) @name body: (_)? @body) @class
(trait_definition name: (_) @name body: (_)? @body) @interface
(enum_definition name: (_) @name body: (_) @body) @enum
(template_body (function_definition name: (_) @name body: (_) @body) @method)
(template_body (function_declaration name: (_) @name) @method)
(function_definition name: (_) @name body: (_) @body) @function
(type_definition name: (_) @name) @type
(compilation_unit (val_definition pattern: (identifier) @name value: (_) @value) @constant)
(template_body (val_definition pattern: (identifier) @name value: (_) @value) @constant)
(template_body (var_definition pattern: (identifier) @name value: (_) @value) @field)

(call_expression function: (identifier) @call)
(call_expression function: (field_expression field: (_) @call))
(call_expression function: (generic_function function: (identifier) @call))
(call_expression function: (generic_function function: (field_expression field: (_) @call)))
(instance_expression (type_identifier) @call)
(instance_expression (generic_type type: (type_identifier) @call))
(extends_clause (type_identifier) @inherit)
(extends_clause (generic_type type: (type_identifier) @inherit))
(extends_clause (compound_type (type_identifier) @inherit))
(extends_clause (compound_type (generic_type type: (type_identifier) @inherit)))
((type_identifier) @use (#not-any-of? @use "Any" "Boolean" "Double" "Float" "Int" "List" "Long" "Map" "Option" "Seq" "Set" "String" "Unit"))
(type_parameters name: (_) @bound)

(import_declaration path: [(identifier) "."]+ @from (namespace_wildcard)) @import
(import_declaration path: [(identifier) "."]+ @prefix (namespace_selectors)) @group
(namespace_selectors (identifier) @imported @import)
(namespace_selectors (namespace_wildcard) @whole @import)
(namespace_selectors (arrow_renamed_identifier name: (_) @imported alias: (_) @alias) @import)
(namespace_selectors (as_renamed_identifier name: (_) @imported alias: (_) @alias) @import)
(import_declaration path: [(identifier) "."]+ @from (as_renamed_identifier name: (_) @imported alias: (_) @alias)) @import
((import_declaration path: [(identifier) "."]+ @from) @import @split (#not-match? @import "(?:[}]|[.](?:_|[*]|given)|\\\\sas\\\\s+\\\\S+)\\\\s*$"))

(compilation_unit (_) @border)
(template_body (_) @border)
(block (_) @border)
`,
};
