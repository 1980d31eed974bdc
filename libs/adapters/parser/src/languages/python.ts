import type { LanguageSpec } from '../language-spec.ts';

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
(class_definition superclasses: (argument_list (identifier) @call))
(class_definition superclasses: (argument_list (attribute attribute: (_) @call)))

(module (_) @border)
(block (_) @border)
`,
};
