import { useEffect, useState, type ReactNode } from 'react';
import { strings } from '../strings.ts';
import { Field } from './field.tsx';
import { controlOf, textOf, valueOf, type ValueFault, type ValueSchema } from './schema-control.ts';

/**
 * A control for a value, made from its schema. What is chosen is given at once; what is written when it is left, or by Enter, and only if it could be
 * a value. `undefined`: it was emptied.
 */
export function SchemaField(props: {
  readonly label: string;
  readonly quietLabel?: boolean;
  readonly schema: ValueSchema;
  readonly value: unknown;
  readonly hint?: ReactNode;
  /** What the host has against the value. */
  readonly error?: string | undefined;
  readonly disabled?: boolean;
  /** What an empty control means. */
  readonly placeholder?: string;
  readonly onChange: (value: unknown) => void;
}) {
  const { schema, value, disabled = false, onChange } = props;
  const kind = controlOf(schema);
  const shown = textOf(value, kind);
  const [text, setText] = useState(shown);
  const [fault, setFault] = useState<ValueFault>();
  useEffect(() => {
    setText(shown);
    setFault(undefined);
  }, [shown]);
  const give = (written: string): void => {
    const read = valueOf(written, schema);
    if ('fault' in read) return setFault(read.fault);
    setFault(undefined);
    if (textOf(read.value, kind) !== shown) onChange(read.value);
  };
  const error = fault ? sayFault(fault) : props.error;
  return (
    <Field label={props.label} hint={props.hint} error={error} {...(props.quietLabel && { quietLabel: true })}>
      {(joined) => {
        if (kind === 'switch')
          return (
            <input
              type="checkbox"
              role="switch"
              className="nt-switch"
              checked={value === true}
              disabled={disabled}
              onChange={(event) => onChange(event.target.checked)}
              {...joined}
            />
          );
        if (kind === 'choice')
          return (
            <select
              className="nt-input"
              value={shown}
              disabled={disabled}
              onChange={(event) => give(event.target.value)}
              {...joined}
            >
              {(shown === '' || schema.default === undefined) && (
                <option value="">{props.placeholder ?? strings.host.form.unset}</option>
              )}
              {schema.enum?.map((choice) => (
                <option key={String(choice)} value={String(choice)}>
                  {String(choice)}
                </option>
              ))}
            </select>
          );
        if (kind === 'choices')
          return (
            <div className="nt-any-of" role="group" aria-label={props.label} id={joined.id}>
              {schema.items?.enum?.map((choice) => {
                const chosen = Array.isArray(value) ? (value as unknown[]) : [];
                return (
                  <label key={String(choice)}>
                    <input
                      type="checkbox"
                      disabled={disabled}
                      checked={chosen.includes(choice)}
                      onChange={(event) =>
                        onChange(event.target.checked ? [...chosen, choice] : chosen.filter((each) => each !== choice))
                      }
                    />
                    {String(choice)}
                  </label>
                );
              })}
            </div>
          );
        const common = {
          value: text,
          disabled,
          placeholder: props.placeholder,
          spellCheck: false,
          onBlur: () => give(text),
          ...joined,
        };
        if (kind === 'number' || kind === 'text')
          return (
            <input
              type="text"
              className="nt-input"
              {...(kind === 'number' && { inputMode: 'decimal' as const })}
              {...common}
              onChange={(event) => setText(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === 'Enter') give(text);
                if (event.key === 'Escape') setText(shown);
              }}
            />
          );
        return (
          <textarea
            className={`nt-input ${kind === 'json' ? 'nt-code-input' : ''}`}
            rows={Math.min(12, Math.max(kind === 'long' ? 4 : 2, text.split('\n').length))}
            {...common}
            onChange={(event) => setText(event.target.value)}
          />
        );
      }}
    </Field>
  );
}

/** What is wrong with a value, in words. */
function sayFault(fault: ValueFault): string {
  const text = strings.host.form;
  switch (fault.why) {
    case 'too-small':
      return text.tooSmall(fault.bound);
    case 'too-large':
      return text.tooLarge(fault.bound);
    case 'too-long':
      return text.tooLong(fault.bound);
    case 'too-many':
      return text.tooMany(fault.bound);
    default:
      return text.faults[fault.why];
  }
}
