import type { LanguageSpec } from '../language-spec.ts';

const receiver = `(parameter_list (parameter_declaration type: [
  (type_identifier) @owner
  (generic_type type: (type_identifier) @owner)
  (pointer_type [(type_identifier) @owner (generic_type type: (type_identifier) @owner)])
]))`;

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

(source_file (_) @border)
(statement_list (_) @border)
(field_declaration_list (_) @border)
(interface_type (_) @border)
`,
};
