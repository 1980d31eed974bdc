import type { LanguageSpec } from '../language-spec.ts';

/** Types of the language itself, which no file declares. */
const builtIn = [
  'Any',
  'None',
  'bool',
  'bytes',
  'dict',
  'float',
  'int',
  'list',
  'object',
  'set',
  'str',
  'tuple',
  'type',
]
  .map((name) => `"${name}"`)
  .join(' ');

export const python: LanguageSpec = {
  language: 'python',
  grammar: 'tree-sitter-python.wasm',
  query: `
(comment) @comment
(decorator) @decorator
(decorated_definition definition: (_) @wrapped) @wrapper
(expression_statement (assignment) @wrapped) @wrapper

(class_definition name: (_) @name body: (_) @body) @class
(class_definition body: (block (function_definition name: (_) @name body: (_) @body) @method))
(class_definition body: (block (decorated_definition definition: (function_definition name: (_) @name body: (_) @body) @method)))
(function_definition name: (_) @name body: (_) @body) @function
(assignment left: (identifier) @name right: (lambda body: (_) @body)) @function
(module (expression_statement (assignment left: (identifier) @name right: (_)? @value) @constant))
(type_alias_statement left: (_) @name) @type

(function_definition body: (block . (expression_statement (string) @docstring))) @documented
(class_definition body: (block . (expression_statement (string) @docstring))) @documented

(call function: (identifier) @call)
(call function: (attribute attribute: (_) @call))
(decorator (identifier) @call)
(decorator (attribute attribute: (_) @call))
(class_definition superclasses: (argument_list (identifier) @inherit))
(class_definition superclasses: (argument_list (attribute attribute: (_) @inherit)))
(class_definition superclasses: (argument_list (subscript value: (identifier) @inherit)))
(class_definition superclasses: (argument_list (subscript value: (attribute attribute: (_) @inherit))))
((type (identifier) @use) (#not-any-of? @use ${builtIn}))
(type (attribute attribute: (_) @use))
((type (generic_type (identifier) @use)) (#not-any-of? @use ${builtIn}))
((type (binary_operator (identifier) @use)) (#not-any-of? @use ${builtIn}))
(type (subscript value: (attribute attribute: (_) @use)))
(except_clause (identifier) @use)
(except_clause (as_pattern (identifier) @use))
(except_clause (tuple (identifier) @use))
(except_clause (as_pattern (tuple (identifier) @use)))

(import_statement name: (dotted_name) @from) @import
(import_statement name: (aliased_import name: (dotted_name) @from)) @import
(import_from_statement module_name: (_) @from name: (dotted_name) @imported) @import
(import_from_statement module_name: (_) @from name: (aliased_import name: (_) @imported alias: (_) @alias)) @import
(import_from_statement module_name: (_) @from (wildcard_import)) @import

(module (_) @border)
(block (_) @border)
`,
};
