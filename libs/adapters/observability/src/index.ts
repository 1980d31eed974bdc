export { createLocalTelemetry, type LocalTelemetryOptions } from './local-telemetry.ts';
export { metricNamePattern, metricsTable, type MetricSpec } from './metrics-table.ts';
export { redactText, secretPatterns, type SecretPattern } from './secret-patterns.ts';
