import type { LanguageSpec } from '../language-spec.ts';

export const rust: LanguageSpec = {
  language: 'rust',
  separator: '::',
  grammar: 'tree-sitter-rust.wasm',
  query: `
(line_comment) @comment
(block_comment) @comment
(attribute_item) @decorator

(impl_item type: [
  (type_identifier) @name
  (generic_type type: (type_identifier) @name)
  (generic_type type: (scoped_type_identifier name: (_) @name))
  (scoped_type_identifier name: (_) @name)
  (reference_type type: (type_identifier) @name)
  (primitive_type) @name
]) @scope
(impl_item body: (declaration_list (function_item name: (_) @name body: (_) @body) @method))
(trait_item body: (declaration_list (function_item name: (_) @name body: (_) @body) @method))
(trait_item body: (declaration_list (function_signature_item name: (_) @name) @method))
(function_item name: (_) @name body: (_) @body) @function
(function_signature_item name: (_) @name) @function
(struct_item name: (_) @name body: (field_declaration_list) @body) @class
(struct_item name: (_) @name) @class
(union_item name: (_) @name body: (_) @body) @class
(enum_item name: (_) @name body: (_) @body) @enum
(trait_item name: (_) @name body: (_) @body) @interface
(mod_item name: (_) @name body: (_) @body) @module
(macro_definition name: (_) @name (macro_rule) @body) @macro
(type_item name: (_) @name) @type
(associated_type name: (_) @name) @type
(const_item name: (_) @name value: (_)? @value) @constant
(static_item name: (_) @name value: (_)? @value) @constant

(call_expression function: (identifier) @call)
(call_expression function: (scoped_identifier name: (_) @call))
(call_expression function: (field_expression field: (_) @call))
(call_expression function: (generic_function function: [
  (identifier) @call (scoped_identifier name: (_) @call) (field_expression field: (_) @call)
]))
(macro_invocation macro: (identifier) @call)
(macro_invocation macro: (scoped_identifier name: (_) @call))
(struct_expression name: (type_identifier) @call)
(struct_expression name: (scoped_type_identifier name: (_) @call))
(impl_item trait: (type_identifier) @inherit)
(impl_item trait: (scoped_type_identifier name: (_) @inherit))
(impl_item trait: (generic_type type: (type_identifier) @inherit))
(impl_item trait: (generic_type type: (scoped_type_identifier name: (_) @inherit)))
(trait_item bounds: (trait_bounds (type_identifier) @inherit))
(trait_item bounds: (trait_bounds (scoped_type_identifier name: (_) @inherit)))
((type_identifier) @use (#not-any-of? @use "Self" "String" "Vec" "Option" "Result" "Box"))
(type_parameters (type_parameter name: (type_identifier) @bound))

(use_declaration argument: (identifier) @from) @import
(use_declaration argument: (scoped_identifier path: (_) @from name: (_) @imported)) @import
(use_declaration argument: (use_as_clause path: (identifier) @from)) @import
(use_declaration argument: (use_as_clause path: (scoped_identifier path: (_) @from name: (_) @imported) alias: (_) @alias)) @import
(use_declaration argument: (use_wildcard (_) @from)) @import
(scoped_use_list path: (_) @prefix) @group
(use_list (identifier) @imported @import)
(use_list (self) @whole @import)
(use_list (scoped_identifier path: (_) @from name: (_) @imported) @import)
(use_list (use_as_clause path: (identifier) @imported alias: (_) @alias) @import)
(use_list (use_as_clause path: (self) @whole) @import)
(use_list (use_as_clause path: (scoped_identifier path: (_) @from name: (_) @imported) alias: (_) @alias) @import)
(use_list (use_wildcard (_) @from) @import)
(use_list (use_wildcard . "*") @whole @import)
(extern_crate_declaration name: (_) @from) @import

(source_file (_) @border)
(block (_) @border)
(declaration_list (_) @border)
(field_declaration_list (_) @border)
(enum_variant_list (_) @border)
`,
};
