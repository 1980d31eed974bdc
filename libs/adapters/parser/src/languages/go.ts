import type { LanguageSpec } from '../language-spec.ts';

const receiver = `(parameter_list (parameter_declaration type: [
  (type_identifier) @owner
  (generic_type type: (type_identifier) @owner)
  (pointer_type [(type_identifier) @owner (generic_type type: (type_identifier) @owner)])
]))`;

/** Types of the language itself, which no file declares. */
const builtIn =
  `bool byte rune string error any comparable uintptr int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 float32 float64 complex64 complex128`
    .split(' ')
    .map((name) => `"${name}"`)
    .join(' ');

export const go: LanguageSpec = {
  language: 'go',
  grammar: 'tree-sitter-go.wasm',
  query: `
(comment) @comment
(type_declaration [(type_spec) (type_alias)] @wrapped) @wrapper
(const_declaration (const_spec) @wrapped) @wrapper
(var_declaration (var_spec) @wrapped) @wrapper

(function_declaration name: (_) @name body: (_)? @body) @function
(method_declaration receiver: ${receiver} name: (_) @name body: (_)? @body) @method
(type_spec name: (_) @name type: (struct_type (field_declaration_list) @body)) @class
(type_spec name: (_) @name type: (interface_type "{" @body)) @interface
(type_spec name: (_) @name) @type
(type_alias name: (_) @name) @type
(interface_type (method_elem name: (_) @name) @method)
(source_file (const_declaration (const_spec name: (identifier) @name value: (_)? @value) @constant))
(source_file (var_declaration (var_spec name: (identifier) @name value: (expression_list . (func_literal body: (_) @body) .)) @function))
(source_file (var_declaration (var_spec name: (identifier) @name value: (_)? @value) @variable))
(source_file (var_declaration (var_spec_list (var_spec name: (identifier) @name value: (_)? @value) @variable)))

(call_expression function: (identifier) @call)
(call_expression function: (selector_expression field: (_) @call))
(call_expression function: (parenthesized_expression (_) @call))
(type_conversion_expression type: (generic_type type: (type_identifier) @call))
(composite_literal type: (type_identifier) @call)
(composite_literal type: (qualified_type name: (_) @call))
(composite_literal type: (generic_type type: (type_identifier) @call))

(field_declaration !name type: (type_identifier) @inherit)
(field_declaration !name type: (qualified_type name: (_) @inherit))
(field_declaration !name type: (generic_type type: (type_identifier) @inherit))
(interface_type (type_elem (type_identifier) @inherit))
(interface_type (type_elem (qualified_type name: (_) @inherit)))
((type_identifier) @use (#not-any-of? @use ${builtIn}))
(type_parameter_declaration name: (identifier) @bound)

(import_spec path: (_) @from) @import

(source_file (_) @border)
(statement_list (_) @border)
(field_declaration_list (_) @border)
(interface_type (_) @border)
`,
};
