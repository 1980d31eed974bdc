import type { LanguageSpec } from '../language-spec.ts';

/** A function's declarator under up to two pointers: `int f()`, `int *f()`, `int **f()`; `more` is a further form. */
export function functionDeclarator(names: string, more = ''): string {
  const plain = `(function_declarator declarator: ${names})`;
  return `[
    ${plain}
    (pointer_declarator declarator: ${plain})
    (pointer_declarator declarator: (pointer_declarator declarator: ${plain}))
    ${more}
  ]`;
}

/** What holds declarations that are not local to a function. */
export const outside = ['translation_unit', 'preproc_ifdef', 'preproc_if', 'preproc_else', 'preproc_elif'];

/** The part of the query that C and C++ share. */
export const cQuery = `
(comment) @comment
(type_definition declarator: (type_identifier) @wrapped) @wrapper

(struct_specifier name: (_) @name body: (_) @body) @class
(union_specifier name: (_) @name body: (_) @body) @class
(enum_specifier name: (_) @name body: (_) @body) @enum
(type_definition declarator: (type_identifier) @name @type)
(type_definition declarator: (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @name)))) @type
(preproc_function_def name: (_) @name) @macro
(preproc_def name: (_) @name value: (_)) @macro

(call_expression function: (identifier) @call)
(call_expression function: (field_expression field: (field_identifier) @call))
(type_identifier) @use
(preproc_include path: [(string_literal) (system_lib_string)] @from) @import

(compound_statement (_) @border)
(field_declaration_list (_) @border)
(enumerator_list (_) @border)
`;

/** Functions declared, variables defined and borders in each of the given places. */
export function placedQuery(places: readonly string[], declarator: string): string {
  return places
    .map(
      (place) => `
(${place} (declaration declarator: ${declarator}) @function)
(${place} (declaration declarator: (init_declarator declarator: [
  (identifier) @name
  (pointer_declarator declarator: (identifier) @name)
  (array_declarator declarator: (identifier) @name)
  (pointer_declarator declarator: (array_declarator declarator: (identifier) @name))
  (array_declarator declarator: (array_declarator declarator: (identifier) @name))
] value: (_) @value)) @variable)
(${place} (_) @border)
`,
    )
    .join('');
}

const declarator = functionDeclarator('(identifier) @name');

export const c: LanguageSpec = {
  language: 'c',
  grammar: 'tree-sitter-c.wasm',
  query: `
(function_definition declarator: ${declarator} body: (_) @body) @function
${cQuery}
${placedQuery(outside, declarator)}
`,
};
