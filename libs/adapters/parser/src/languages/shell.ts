import type { LanguageSpec } from '../language-spec.ts';

export const shell: LanguageSpec = {
  language: 'shell',
  grammar: 'tree-sitter-bash.wasm',
  query: `
(comment) @comment

(function_definition name: (_) @name body: (_) @body) @function
(program (declaration_command (variable_assignment name: (variable_name) @name value: (_) @value) @constant))
(program (variable_assignment name: (variable_name) @name value: (_) @value) @variable)

(command name: (command_name (word) @call))

((command name: (command_name (word) @sourced) . argument: [(word) (string) (raw_string) (concatenation)] @from) @import (#any-of? @sourced "source" "."))

(program (_) @border)
(compound_statement (_) @border)
(do_group (_) @border)
`,
};
