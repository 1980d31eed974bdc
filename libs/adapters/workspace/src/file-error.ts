import { NootropicError } from '@nootropic/contracts';

/** Turns an error of the file system into the error of the port. */
export function fileError(cause: unknown, path: string): NootropicError {
  if (NootropicError.is(cause)) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const shown = JSON.stringify(path);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
      return new NootropicError('PATH_NOT_FOUND', `There is no ${shown}.`, { cause });
    case 'ELOOP':
      return new NootropicError('PATH_OUTSIDE_ROOT', `${shown} is a symbolic link that leads nowhere.`, { cause });
    case 'EACCES':
    case 'EPERM':
      return new NootropicError('DENIED', `${shown} may not be read.`, {
        cause,
        hint: 'Check the permissions of the file.',
      });
    case 'EISDIR':
    case 'ENXIO':
    case 'EINVAL':
      return new NootropicError('INPUT_INVALID', `${shown} is not a regular file.`, { cause });
    default:
      return NootropicError.from(cause);
  }
}
