import type { ComponentProps, ReactNode } from 'react';

interface ButtonProps extends ComponentProps<'button'> {
  /** `primary`: the one thing to do here. `danger`: it takes something away. `quiet`: it is one of many. */
  readonly kind?: 'primary' | 'plain' | 'danger' | 'quiet';
  readonly icon?: ReactNode;
}

/** A button with words. Where there is room for an icon only, use `IconButton`. */
export function Button({ kind = 'plain', icon, children, className = '', ...rest }: ButtonProps) {
  return (
    <button type="button" className={`nt-button nt-button-${kind} ${className}`} {...rest}>
      {icon}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children' | 'title'> {
  /** What it does, for those who do not see the icon, and on hover. */
  readonly label: string;
  readonly icon: ReactNode;
}

export function IconButton({ label, icon, className = '', ...rest }: IconButtonProps) {
  return (
    <button type="button" className={`nt-icon-button ${className}`} aria-label={label} title={label} {...rest}>
      {icon}
    </button>
  );
}
