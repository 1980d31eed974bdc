import type { LanguageSpec } from '../language-spec.ts';

export const kotlin: LanguageSpec = {
  language: 'kotlin',
  grammar: 'tree-sitter-kotlin.wasm',
  dotted: (written) => written.replace(/`/gu, ''),
  query: `
(line_comment) @comment
(block_comment) @comment

(class_declaration "interface" name: (_) @name (class_body)? @body) @interface
(class_declaration (modifiers (class_modifier "enum")) name: (_) @name (enum_class_body)? @body) @enum
(class_declaration name: (_) @name (class_body)? @body) @class
(object_declaration name: (_) @name (class_body)? @body) @class
(companion_object name: (_)? @name (class_body) @body) @scope
(class_body (function_declaration name: (_) @name (function_body)? @body) @method)
(enum_class_body (function_declaration name: (_) @name (function_body)? @body) @method)
(function_declaration name: (_) @name (function_body)? @body) @function
(secondary_constructor "constructor" @name (block)? @body) @method
(source_file (property_declaration (modifiers (property_modifier "const")) (variable_declaration (identifier) @name)) @constant)
(source_file (property_declaration "val" (variable_declaration (identifier) @name)) @constant)
(source_file (property_declaration (variable_declaration (identifier) @name)) @variable)
(class_body (property_declaration (variable_declaration (identifier) @name)) @field)
(type_alias type: (_) @name) @type

(call_expression . (identifier) @call)
(call_expression . (navigation_expression (identifier) @call .))
(callable_reference (identifier) @use .)
(delegation_specifier (constructor_invocation (user_type (identifier) @inherit .)))
(delegation_specifier (user_type (identifier) @inherit .))
(explicit_delegation (user_type (identifier) @inherit .))
((user_type (identifier) @use .) (#not-any-of? @use "Any" "Boolean" "Byte" "Char" "Double" "Float" "Int" "List" "Long" "Map" "Set" "Short" "String" "Unit"))
(type_parameter (identifier) @bound)

(import (qualified_identifier) @from "*") @import
(import (qualified_identifier (identifier) @imported .) @from . "as" (identifier) @alias) @import
((import (qualified_identifier (identifier) @imported .) @from .) @import (#not-match? @import "[*]\\\\s*;?\\\\s*$"))

(source_file (_) @border)
(class_body (_) @border)
(enum_class_body (_) @border)
(block (_) @border)
`,
};
