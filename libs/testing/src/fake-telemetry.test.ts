import { createRecordingTelemetry } from './fake-telemetry.ts';
import { describeTelemetryContract } from './telemetry-contract.ts';

describeTelemetryContract('recording', async () => {
  const telemetry = createRecordingTelemetry();
  return {
    telemetry,
    logged: async () => JSON.stringify(telemetry.lines),
    counter: { name: 'nootropic_turns_total', label: 'outcome' },
    histogram: 'nootropic_turn_duration_seconds',
    gauge: 'nootropic_memory_available_bytes',
  };
});
