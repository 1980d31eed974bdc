import type { LanguageSpec } from '../language-spec.ts';

export const java: LanguageSpec = {
  language: 'java',
  grammar: 'tree-sitter-java.wasm',
  query: `
(line_comment) @comment
(block_comment) @comment
(annotation) @decorator
(marker_annotation) @decorator
(field_declaration (variable_declarator) @wrapped) @wrapper
(constant_declaration (variable_declarator) @wrapped) @wrapper

(class_declaration name: (_) @name body: (_) @body) @class
(record_declaration name: (_) @name body: (_) @body) @class
(interface_declaration name: (_) @name body: (_) @body) @interface
(annotation_type_declaration name: (_) @name body: (_) @body) @interface
(enum_declaration name: (_) @name body: (_) @body) @enum
(constructor_declaration name: (_) @name body: (_) @body) @method
(compact_constructor_declaration name: (_) @name body: (_) @body) @method
(method_declaration name: (_) @name body: (_)? @body) @method
(field_declaration (modifiers "static" "final") (variable_declarator name: (_) @name value: (_)? @value) @constant)
(constant_declaration (variable_declarator name: (_) @name value: (_)? @value) @constant)

(method_invocation name: (_) @call)
(method_reference (_) (identifier) @call .)
(object_creation_expression type: (type_identifier) @call)
(object_creation_expression type: (generic_type (type_identifier) @call))
(object_creation_expression type: (scoped_type_identifier (type_identifier) @call .))
(superclass (type_identifier) @inherit)
(superclass (generic_type (type_identifier) @inherit))
(superclass (scoped_type_identifier (type_identifier) @inherit .))
(type_list (type_identifier) @inherit)
(type_list (generic_type (type_identifier) @inherit))
(type_list (scoped_type_identifier (type_identifier) @inherit .))
((type_identifier) @use (#not-any-of? @use "String" "Object" "Integer" "Long" "Boolean" "Double" "Void" "List" "Map" "Set"))
(type_parameter (type_identifier) @bound)
(marker_annotation name: (identifier) @use)
(annotation name: (identifier) @use)

(import_declaration (identifier) @from .) @import
(import_declaration (scoped_identifier scope: (_) @from name: (_) @imported) .) @import
(import_declaration (_) @from . (asterisk)) @import

(program (_) @border)
(block (_) @border)
(constructor_body (_) @border)
(class_body (_) @border)
(interface_body (_) @border)
(enum_body (_) @border)
(enum_body_declarations (_) @border)
`,
};
