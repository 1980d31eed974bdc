import type { LanguageSpec } from '../language-spec.ts';
import { cQuery, functionDeclarator, outside, placedQuery } from './c.ts';

function declarator(names: string): string {
  return functionDeclarator(names, `(reference_declarator (function_declarator declarator: ${names}))`);
}

const free = declarator('(identifier) @name');
const member = declarator('[(field_identifier) (identifier) (destructor_name) (operator_name)] @name');
const apart = declarator('(qualified_identifier) @name');

/** `a::B<T>::~B` is `a.B.~B`; an operator keeps its sign. */
function cppName(written: string): string {
  const operator = /\boperator\b.*$/su.exec(written)?.[0] ?? '';
  let scope = operator === '' ? written : written.slice(0, written.length - operator.length);
  for (let last = ''; last !== scope;) {
    last = scope;
    scope = scope.replace(/<[^<>]*>/gu, '');
  }
  return `${scope.replace(/\s+/gu, '').replace(/::/gu, '.')}${operator.replace(/\s+/gu, ' ')}`.replace(/^\./u, '');
}

export const cpp: LanguageSpec = {
  language: 'cpp',
  grammar: 'tree-sitter-cpp.wasm',
  dotted: cppName,
  query: `
(template_declaration [
  (class_specifier) (struct_specifier) (union_specifier) (function_definition) (declaration) (alias_declaration)
  (concept_definition) (field_declaration) (template_declaration)
] @wrapped) @wrapper

(field_declaration_list (function_definition declarator: ${member} body: (_)? @body) @method)
(field_declaration_list (template_declaration (function_definition declarator: ${member} body: (_)? @body) @method))
(field_declaration_list (field_declaration declarator: ${member}) @method)
(field_declaration_list (declaration declarator: ${member}) @method)
(function_definition declarator: ${apart} body: (_)? @body) @method
(function_definition declarator: ${free} body: (_)? @body) @function
(function_definition declarator: (function_declarator declarator: (operator_name) @name) body: (_) @body) @function
(class_specifier name: (_) @name body: (_) @body) @class
(namespace_definition name: (_) @name body: (_) @body) @module
(alias_declaration name: (_) @name) @type
(concept_definition name: (_) @name) @type
${cQuery}
${placedQuery([...outside, 'declaration_list'], free)}
(template_declaration (declaration declarator: ${free}) @function)

(call_expression function: (qualified_identifier) @call)
(call_expression function: (template_function name: (identifier) @call))
(call_expression function: (field_expression field: (template_method name: (_) @call)))
(new_expression type: (type_identifier) @call)
(new_expression type: (qualified_identifier) @call)
(new_expression type: (template_type name: (_) @call))
(base_class_clause (type_identifier) @inherit)
(base_class_clause (qualified_identifier) @inherit)
(base_class_clause (template_type name: (_) @inherit))
(type_parameter_declaration (type_identifier) @bound)
(optional_type_parameter_declaration name: (_) @bound)
`,
};
