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
(superclass (constant) @inherit)
(superclass (scope_resolution name: (_) @inherit))
((call method: (identifier) @mixed arguments: (argument_list (constant) @inherit)) (#any-of? @mixed "include" "extend" "prepend"))
((call method: (identifier) @mixed arguments: (argument_list (scope_resolution name: (_) @inherit))) (#any-of? @mixed "include" "extend" "prepend"))
(constant) @use

((call !receiver method: (identifier) @required arguments: (argument_list . (string (string_content) @from))) @import (#any-of? @required "require" "load"))
((call !receiver method: (identifier) @required arguments: (argument_list . (string (string_content) @from @relative))) @import (#eq? @required "require_relative"))

(program (_) @border)
(body_statement (_) @border)
(then (_) @border)
(do_block (body_statement (_) @border))
`,
};
