import type { DoctorCheck } from '@nootropic/contracts';

/** What a check of the doctor found; its name is put before it. */
export type Finding = Omit<DoctorCheck, 'name'>;

/** Nothing to do. */
export function ok(detail: string): Finding {
  return { state: 'ok', detail, hint: '' };
}

/** Bytes for a person. */
export function gigabytes(bytes: number): string {
  return bytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
