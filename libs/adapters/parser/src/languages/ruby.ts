import type { LanguageSpec } from '../language-spec.ts';

export const ruby: LanguageSpec = {
  language: 'ruby',
  grammar: 'tree-sitter-ruby.wasm',
  query: `
(comment) @comment

(module name: (_) @name body: (_)? @body) @module
(class name: (_) @name body: (_)? @body) @class
(method name: (_) @name body: (_)? @body) @method
(singleton_method name: (_) @name body: (_)? @body) @method
(program (assignment left: (constant) @name right: (_) @value) @constant)
(body_statement (assignment left: (constant) @name right: (_) @value) @constant)

(call method: [(identifier) (constant)] @call)
(call receiver: (constant) @call method: (identifier) @method_name (#eq? @method_name "new"))
(superclass (constant) @call)
(superclass (scope_resolution name: (_) @call))

(program (_) @border)
(body_statement (_) @border)
(then (_) @border)
(do_block (body_statement (_) @border))
`,
};
