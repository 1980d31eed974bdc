const anyFunction = `[
  (arrow_function body: (_) @body)
  (function_expression body: (_) @body)
  (generator_function body: (_) @body)
]`;

/** The part of the query that JavaScript and TypeScript share. */
export const ecmascriptQuery = `
(comment) @comment
(decorator) @decorator
(export_statement declaration: (_) @wrapped) @wrapper
(export_statement value: (_) @wrapped) @wrapper
(lexical_declaration (variable_declarator) @wrapped) @wrapper
(variable_declaration (variable_declarator) @wrapped) @wrapper
(expression_statement (assignment_expression) @wrapped) @wrapper

(function_declaration name: (_) @name body: (_) @body) @function
(generator_function_declaration name: (_) @name body: (_) @body) @function
(class_declaration name: (_) @name body: (_) @body) @class
(method_definition name: (_) @name body: (_) @body) @method
(variable_declarator name: (identifier) @name value: ${anyFunction}) @function
(variable_declarator name: (identifier) @name value: (class body: (_) @body)) @class
(assignment_expression left: (member_expression) @name right: ${anyFunction}) @function
(assignment_expression left: (identifier) @name right: ${anyFunction}) @function
(assignment_expression left: [(member_expression) (identifier)] @name right: (class body: (_) @body)) @class
(pair key: [(property_identifier) (string) (private_property_identifier)] @name value: ${anyFunction}) @method
(export_statement "default" @name value: ${anyFunction} @function)
(export_statement "default" @name value: (class body: (_) @body) @class)

((program (lexical_declaration (variable_declarator name: (identifier) @name value: (_)? @value) @constant)) (#not-match? @value "^require\\\\("))
((program (variable_declaration (variable_declarator name: (identifier) @name value: (_)? @value) @variable)) (#not-match? @value "^require\\\\("))
((program (export_statement declaration: (lexical_declaration (variable_declarator name: (identifier) @name value: (_)? @value) @constant))) (#not-match? @value "^require\\\\("))
((program (export_statement declaration: (variable_declaration (variable_declarator name: (identifier) @name value: (_)? @value) @variable))) (#not-match? @value "^require\\\\("))

(call_expression function: (identifier) @call)
(call_expression function: (member_expression property: (_) @call))
(new_expression constructor: (identifier) @call)
(new_expression constructor: (member_expression property: (_) @call))
(decorator (identifier) @call)
(binary_expression operator: "instanceof" right: (identifier) @use)
(binary_expression operator: "instanceof" right: (member_expression property: (_) @use))

(import_statement source: (_) @from) @import
(import_statement (import_clause (identifier) @default) source: (_) @from) @import
(import_statement (import_clause (namespace_import) @whole) source: (_) @from) @import
(import_statement (import_clause (named_imports (import_specifier name: (_) @imported alias: (_)? @alias))) source: (_) @from) @import
(export_statement source: (_) @from) @import
(export_statement (export_clause (export_specifier name: (_) @imported alias: (_)? @alias)) source: (_) @from) @import
(call_expression function: (import) arguments: (arguments . (string) @from)) @import
((call_expression function: (identifier) @required arguments: (arguments . (string) @from)) @import (#eq? @required "require"))
((variable_declarator name: (identifier) @default @whole value: (call_expression function: (identifier) @required arguments: (arguments . (string) @from))) @import (#eq? @required "require"))
((variable_declarator name: (object_pattern (shorthand_property_identifier_pattern) @imported) value: (call_expression function: (identifier) @required arguments: (arguments . (string) @from))) @import (#eq? @required "require"))
((variable_declarator name: (object_pattern (pair_pattern key: (_) @imported value: (identifier) @alias)) value: (call_expression function: (identifier) @required arguments: (arguments . (string) @from))) @import (#eq? @required "require"))

(program (_) @border)
(statement_block (_) @border)
(class_body (_) @border)
(switch_body (_) @border)
`;

/** JSX uses of components; a lower-case name is an element of the page, not a symbol. */
export const jsxQuery = `
(jsx_opening_element name: (identifier) @call (#match? @call "^[A-Z]"))
(jsx_opening_element name: (member_expression property: (_) @call))
(jsx_self_closing_element name: (identifier) @call (#match? @call "^[A-Z]"))
(jsx_self_closing_element name: (member_expression property: (_) @call))
`;

/**
 * `exports.a.b` is `a.b`, `Foo.prototype.bar` is `Foo.bar`, `this.x` is `x`, and `module.exports` itself is
 * `exports`. A name with anything but identifiers in it (`table[key]`) is no symbol.
 */
export function ecmascriptName(written: string): string {
  const plain = written
    .replace(/\s+/gu, '')
    .replace(/\?\./gu, '.')
    .replace(/^(["'])(.*)\1$/u, '$2')
    .replace(/^module\.exports\./u, '')
    .replace(/^module\.exports$/u, 'exports')
    .replace(/^exports\./u, '')
    .replace(/^this\./u, '')
    .replace(/\.prototype\./u, '.');
  return /^#?[\p{L}\p{N}_$./@:-]+(?:\.#?[\p{L}\p{N}_$]+)*$/u.test(plain) ? plain : '';
}
