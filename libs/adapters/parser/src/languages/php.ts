import type { LanguageSpec } from '../language-spec.ts';

export const php: LanguageSpec = {
  language: 'php',
  separator: '\\',
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
(base_clause (name) @inherit)
(base_clause (qualified_name (name) @inherit))
(class_interface_clause (name) @inherit)
(class_interface_clause (qualified_name (name) @inherit))
(use_declaration (name) @inherit)
(use_declaration (qualified_name (name) @inherit))
(named_type (name) @use)
(named_type (qualified_name (name) @use))
((scoped_call_expression scope: (name) @use) (#not-any-of? @use "self" "static" "parent"))
((class_constant_access_expression . (name) @use) (#not-any-of? @use "self" "static" "parent"))

(namespace_use_declaration (namespace_use_clause (qualified_name prefix: (_) @from (name) @imported) alias: (_)? @alias)) @import
(namespace_use_declaration (namespace_use_clause . (name) @from)) @import
(namespace_use_declaration (namespace_name) @prefix body: (_)) @group
(namespace_use_group (namespace_use_clause . (name) @imported alias: (_)? @alias) @import)
(namespace_use_group (namespace_use_clause (qualified_name prefix: (_) @from (name) @imported) alias: (_)? @alias) @import)
(require_expression [(string) (encapsed_string)] @from) @import
(require_once_expression [(string) (encapsed_string)] @from) @import
(include_expression [(string) (encapsed_string)] @from) @import
(include_once_expression [(string) (encapsed_string)] @from) @import
(require_expression (binary_expression right: [(string) (encapsed_string)] @from)) @import
(require_once_expression (binary_expression right: [(string) (encapsed_string)] @from)) @import
(require_expression (parenthesized_expression [(string) (encapsed_string)] @from)) @import
(require_once_expression (parenthesized_expression [(string) (encapsed_string)] @from)) @import
(include_expression (parenthesized_expression [(string) (encapsed_string)] @from)) @import

(program (_) @border)
(compound_statement (_) @border)
(declaration_list (_) @border)
`,
};
