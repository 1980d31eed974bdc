import type { LanguageSpec } from '../language-spec.ts';

export const php: LanguageSpec = {
  language: 'php',
  grammar: 'tree-sitter-php.wasm',
  dotted: (written) => written.replace(/\\/gu, '.').replace(/^\$/u, ''),
  query: `
(comment) @comment
(attribute_list) @decorator
(const_declaration (const_element) @wrapped) @wrapper
(expression_statement (assignment_expression) @wrapped) @wrapper

(class_declaration name: (_) @name body: (_) @body) @class
(interface_declaration name: (_) @name body: (_) @body) @interface
(trait_declaration name: (_) @name body: (_) @body) @class
(enum_declaration name: (_) @name body: (_) @body) @enum
(method_declaration name: (_) @name body: (_)? @body) @method
(function_definition name: (_) @name body: (_) @body) @function
(const_element . (name) @name) @constant
(assignment_expression left: (variable_name) @name right: [
  (anonymous_function body: (_) @body) (arrow_function body: (_) @body)
]) @function

(function_call_expression function: (name) @call)
(function_call_expression function: (qualified_name (name) @call))
(member_call_expression name: (name) @call)
(nullsafe_member_call_expression name: (name) @call)
(scoped_call_expression name: (name) @call)
(object_creation_expression (name) @call)
(object_creation_expression (qualified_name (name) @call))
(base_clause (name) @call)
(class_interface_clause (name) @call)

(program (_) @border)
(compound_statement (_) @border)
(declaration_list (_) @border)
`,
};
