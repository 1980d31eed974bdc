import type { LanguageSpec } from '../language-spec.ts';

export const swift: LanguageSpec = {
  language: 'swift',
  grammar: 'tree-sitter-swift.wasm',
  dotted: (written) => written.replace(/`/gu, ''),
  query: `
(comment) @comment
(multiline_comment) @comment

(class_declaration declaration_kind: "extension" name: (_) @name body: (_) @body) @scope
(class_declaration declaration_kind: "enum" name: (_) @name body: (_) @body) @enum
(class_declaration name: (_) @name body: (_) @body) @class
(protocol_declaration name: (_) @name body: (_) @body) @interface
(class_body (function_declaration name: (simple_identifier) @name body: (_)? @body) @method)
(enum_class_body (function_declaration name: (simple_identifier) @name body: (_)? @body) @method)
(protocol_function_declaration name: (simple_identifier) @name) @method
(init_declaration "init" @name body: (_)? @body) @method
(deinit_declaration "deinit" @name body: (_) @body) @method
(function_declaration name: (simple_identifier) @name body: (_)? @body) @function
(typealias_declaration name: (type_identifier) @name) @type
(source_file (property_declaration (value_binding_pattern "let") name: (pattern bound_identifier: (_) @name)) @constant)
(source_file (property_declaration (value_binding_pattern "var") name: (pattern bound_identifier: (_) @name)) @variable)
(class_body (property_declaration name: (pattern bound_identifier: (_) @name)) @field)
(protocol_property_declaration name: (pattern bound_identifier: (_) @name)) @field

(call_expression . (simple_identifier) @call)
(call_expression . (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @call)))
(constructor_expression constructed_type: (user_type (type_identifier) @call .))
(constructor_expression constructed_type: (user_type (type_identifier) @call . (type_arguments)))
(inheritance_specifier inherits_from: (user_type (type_identifier) @inherit .))
(inheritance_specifier inherits_from: (user_type (type_identifier) @inherit . (type_arguments)))
((type_identifier) @use (#not-any-of? @use "Any" "AnyObject" "Array" "Bool" "Character" "Dictionary" "Double" "Float" "Int" "Optional" "Self" "Set" "String" "UInt" "Void" "testable" "discardableResult"))
(type_parameter . (type_identifier) @bound)

(import_declaration ["class" "enum" "func" "let" "protocol" "struct" "typealias" "var"] (identifier (simple_identifier) @imported .) @from) @import
((import_declaration (identifier) @from) @import (#not-match? @import "import\\\\s+(?:class|enum|func|let|protocol|struct|typealias|var)\\\\s"))

(source_file (_) @border)
(class_body (_) @border)
(enum_class_body (_) @border)
(protocol_body (_) @border)
(statements (_) @border)
`,
};
