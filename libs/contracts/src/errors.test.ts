import { describe, expect, it } from 'vitest';
import { errorTable, exitCodes, NootropicError } from './errors.ts';

describe('NootropicError', () => {
  it('carries the code, the message and a next step', () => {
    const error = new NootropicError('SESSION_NOT_FOUND', 'There is no session 42.');
    expect(error.toJSON()).toEqual({
      code: 'SESSION_NOT_FOUND',
      message: 'There is no session 42.',
      hint: errorTable.SESSION_NOT_FOUND.hint,
    });
    expect(NootropicError.is(error)).toBe(true);
    expect(NootropicError.is(new Error('x'))).toBe(false);
  });

  it('recognises an abort and a full disk in what was thrown', () => {
    expect(NootropicError.from(new DOMException('stop', 'AbortError')).code).toBe('ABORTED');
    expect(NootropicError.from(Object.assign(new Error('write'), { code: 'ENOSPC' })).code).toBe('DISK_FULL');
    expect(NootropicError.from(Object.assign(new Error('mkdir'), { code: 'EACCES' })).code).toBe('DENIED');
    expect(NootropicError.from('odd', 'COMMAND_FAILED')).toMatchObject({ code: 'COMMAND_FAILED', message: 'odd' });
  });

  it('gives every code a hint and an exit code that exists', () => {
    for (const entry of Object.values(errorTable)) {
      expect(entry.hint).not.toBe('');
      expect(exitCodes[entry.exit]).toBeTypeOf('number');
    }
  });
});
