import type { LanguageSpec } from '../language-spec.ts';

export const csharp: LanguageSpec = {
  language: 'csharp',
  grammar: 'tree-sitter-c-sharp.wasm',
  query: `
(comment) @comment
(attribute_list) @decorator
(field_declaration (variable_declaration (variable_declarator) @wrapped)) @wrapper

(namespace_declaration name: (_) @name body: (_) @body) @module
(class_declaration name: (_) @name body: (_)? @body) @class
(struct_declaration name: (_) @name body: (_)? @body) @class
(record_declaration name: (_) @name body: (_)? @body) @class
(interface_declaration name: (_) @name body: (_)? @body) @interface
(enum_declaration name: (_) @name body: (_)? @body) @enum
(delegate_declaration name: (_) @name) @type
(method_declaration name: (_) @name body: (_)? @body) @method
(constructor_declaration name: (_) @name body: (_)? @body) @method
(local_function_statement name: (_) @name body: (_)? @body) @function
(property_declaration name: (_) @name accessors: (_)? @body) @field
(field_declaration (modifier "const") (variable_declaration (variable_declarator name: (_) @name) @constant))

(invocation_expression function: (identifier) @call)
(invocation_expression function: (generic_name (identifier) @call))
(invocation_expression function: (member_access_expression name: (_) @call))
(invocation_expression function: (conditional_access_expression (member_binding_expression name: (_) @call)))
(object_creation_expression type: (identifier) @call)
(object_creation_expression type: (generic_name (identifier) @call))
(object_creation_expression type: (qualified_name name: (_) @call))
(base_list (identifier) @inherit)
(base_list (generic_name (identifier) @inherit))
(base_list (qualified_name name: (_) @inherit))
(_ type: (identifier) @use)
(_ type: (generic_name (identifier) @use))
(_ type: (nullable_type (identifier) @use))
(_ type: (array_type (identifier) @use))
(_ returns: (identifier) @use)
(_ returns: (generic_name (identifier) @use))
(type_argument_list (identifier) @use)
(attribute name: (identifier) @use)
(type_parameter name: (_) @bound)

(using_directive !name [(identifier) (qualified_name)] @from .) @import
(using_directive name: (_) @alias (qualified_name qualifier: (_) @from name: (_) @imported)) @import

(compilation_unit (_) @border)
(declaration_list (_) @border)
(block (_) @border)
`,
};
