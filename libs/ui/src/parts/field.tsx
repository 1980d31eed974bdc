import { useId, type ComponentProps, type ReactNode } from 'react';
import './field.css';

interface FieldFrame {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  /** The label is only for those who do not see the field. */
  readonly quietLabel?: boolean;
}

/** The frame of a control: its name, what it is for, and what is wrong with it. `children` gets what joins them. */
export function Field(
  props: FieldFrame & {
    readonly children: (joined: {
      id: string;
      'aria-describedby': string | undefined;
      'aria-invalid': boolean;
    }) => ReactNode;
  },
) {
  const id = useId();
  const { error, hint } = props;
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean);
  return (
    <div className="nt-field">
      <label htmlFor={id} className={props.quietLabel ? 'nt-unseen' : undefined}>
        {props.label}
      </label>
      {props.children({
        id,
        'aria-describedby': described.length > 0 ? described.join(' ') : undefined,
        'aria-invalid': error !== undefined,
      })}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="nt-faint">
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} className="nt-field-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

type TextFieldProps = FieldFrame & Omit<ComponentProps<'input'>, 'id'>;

export function TextField({ label, hint, error, quietLabel, className = '', ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} {...(quietLabel && { quietLabel })}>
      {(joined) => <input className={`nt-input ${className}`} type="text" {...joined} {...rest} />}
    </Field>
  );
}

export function SelectField(
  props: FieldFrame & {
    readonly value: string;
    readonly options: readonly (readonly [value: string, title: string])[];
    readonly onPick: (value: string) => void;
    readonly disabled?: boolean;
  },
) {
  return (
    <Field {...props}>
      {(joined) => (
        <select
          className="nt-input"
          value={props.value}
          disabled={props.disabled}
          onChange={(event) => props.onPick(event.target.value)}
          {...joined}
        >
          {props.options.map(([value, title]) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
