import type { Telemetry } from '@nootropic/contracts';
import type { AdmissionOptions } from '@nootropic/scheduler';

/** What admission reports, as metrics. */
export function admissionTelemetry(telemetry: Telemetry): Pick<AdmissionOptions, 'onWait' | 'onRefused'> {
  return {
    onWait: (workClass, milliseconds) =>
      telemetry.time('nootropic_queue_wait_seconds', milliseconds / 1000, { class: workClass }),
    onRefused: (workClass) => telemetry.count('nootropic_queue_refused_total', 1, { class: workClass }),
  };
}
