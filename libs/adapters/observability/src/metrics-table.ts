export interface MetricSpec {
  /** `nootropic_<noun>_<unit>`: a counter ends in `_total`, a time in `_seconds`, a size in `_bytes`; of things that are counted now the noun says which. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Names of its labels. Their values are few and bounded. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[];
}

const fast = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const slow = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

const long = [0.1, 1, 5, 15, 60, 300, 900, 3600, 14_400];

/** Every metric there is. Code can use no other; the reference page is generated from this table. */
export const metricsTable: readonly MetricSpec[] = [
  { name: 'nootropic_turns_total', help: 'Turns ended, by how they ended.', type: 'counter', labels: ['outcome'] },
  {
    name: 'nootropic_turn_duration_seconds',
    help: 'Time of a whole turn.',
    type: 'histogram',
    labels: [],
    buckets: slow,
  },
  {
    name: 'nootropic_first_text_seconds',
    help: 'Time from a request to the first shown text.',
    type: 'histogram',
    labels: [],
    buckets: slow,
  },
  {
    name: 'nootropic_tokens_total',
    help: 'Tokens, by kind: read, reused, written.',
    type: 'counter',
    labels: ['kind'],
  },
  {
    name: 'nootropic_model_calls_total',
    help: 'Calls of a model, by kind of call and how they ended.',
    type: 'counter',
    labels: ['call', 'result'],
  },
  {
    name: 'nootropic_model_call_seconds',
    help: 'Time of a call of a model.',
    type: 'histogram',
    labels: ['call'],
    buckets: slow,
  },
  {
    name: 'nootropic_model_load_seconds',
    help: 'Time to load a model, by scheme of its reference.',
    type: 'histogram',
    labels: ['scheme'],
    buckets: slow,
  },
  {
    name: 'nootropic_first_token_seconds',
    help: 'Time from a call of a model to its first piece of text, by kind of call.',
    type: 'histogram',
    labels: ['call'],
    buckets: slow,
  },
  {
    name: 'nootropic_generation_tokens_per_second',
    help: 'Tokens written in a second once the first had come, by kind of call.',
    type: 'histogram',
    labels: ['call'],
    buckets: [1, 2, 5, 10, 20, 40, 80, 160, 320],
  },
  {
    name: 'nootropic_model_loads_total',
    help: 'Loads of models, by scheme of the reference and how they ended.',
    type: 'counter',
    labels: ['scheme', 'result'],
  },
  {
    name: 'nootropic_model_evictions_total',
    help: 'Models taken out of memory, by why: room, idle, pressure.',
    type: 'counter',
    labels: ['why'],
  },
  { name: 'nootropic_models_loaded', help: 'Models in memory.', type: 'gauge', labels: [] },
  { name: 'nootropic_model_crashes_total', help: 'Unexpected ends of the model process.', type: 'counter', labels: [] },
  {
    name: 'nootropic_queue_wait_seconds',
    help: 'Time a call waited for its model, by work class.',
    type: 'histogram',
    labels: ['class'],
    buckets: fast,
  },
  {
    name: 'nootropic_queue_refused_total',
    help: 'Calls refused because too many waited, by work class.',
    type: 'counter',
    labels: ['class'],
  },
  {
    name: 'nootropic_tool_calls_total',
    help: 'Calls of tools, by tool and how they ended.',
    type: 'counter',
    labels: ['tool', 'result'],
  },
  {
    name: 'nootropic_approvals_total',
    help: 'Requests of agents for leave, by what was answered; `nobody`: nobody was there to be asked.',
    type: 'counter',
    labels: ['decision'],
  },
  {
    name: 'nootropic_file_changes_total',
    help: 'Files that agents and their commands changed, by what became of them.',
    type: 'counter',
    labels: ['change'],
  },
  {
    name: 'nootropic_checks_total',
    help: 'Checks of changes that agents made, by how they ended.',
    type: 'counter',
    labels: ['result'],
  },
  {
    name: 'nootropic_completions_total',
    help: 'Completions while somebody types, by purpose (show, ahead, warm) and how they ended.',
    type: 'counter',
    labels: ['purpose', 'end'],
  },
  {
    name: 'nootropic_completion_first_text_seconds',
    help: 'Time from the request of a completion that somebody waits for to its first text, by whether the model still held nine tenths of the prompt: held, read.',
    type: 'histogram',
    labels: ['prompt'],
    buckets: fast,
  },
  {
    name: 'nootropic_completion_suggestions_total',
    help: 'Suggestions in editors, as they report them: shown, accepted, cached (shown without asking a model).',
    type: 'counter',
    labels: ['what'],
  },
  {
    name: 'nootropic_completion_characters_total',
    help: 'Characters of suggestions that were accepted, and those of them that were still there after 30 seconds: accepted, retained.',
    type: 'counter',
    labels: ['what'],
  },
  {
    name: 'nootropic_completion_wasted_tokens_total',
    help: 'Tokens that models wrote for suggestions that were never shown.',
    type: 'counter',
    labels: [],
  },
  { name: 'nootropic_search_seconds', help: 'Time of a search.', type: 'histogram', labels: [], buckets: fast },
  {
    name: 'nootropic_index_files_total',
    help: 'Files met by the indexer, by what became of them.',
    type: 'counter',
    labels: ['result'],
  },
  { name: 'nootropic_index_chunks_total', help: 'Chunks embedded.', type: 'counter', labels: [] },
  {
    name: 'nootropic_index_seconds',
    help: 'Time of a refresh of an index.',
    type: 'histogram',
    labels: [],
    buckets: slow,
  },
  { name: 'nootropic_index_size_bytes', help: 'Size of the index that was refreshed last.', type: 'gauge', labels: [] },
  {
    name: 'nootropic_http_requests_total',
    help: 'Requests served, by route and status.',
    type: 'counter',
    labels: ['route', 'status'],
  },
  {
    name: 'nootropic_http_request_seconds',
    help: 'Time of a request, by route.',
    type: 'histogram',
    labels: ['route'],
    buckets: fast,
  },
  { name: 'nootropic_errors_total', help: 'Errors shown to a user, by code.', type: 'counter', labels: ['code'] },
  {
    name: 'nootropic_memory_available_bytes',
    help: 'Memory that programs could still take, when last read.',
    type: 'gauge',
    labels: [],
  },
  {
    name: 'nootropic_memory_total_bytes',
    help: 'Memory of a device: of the machine, or of a graphics card by its name.',
    type: 'gauge',
    labels: ['device'],
  },
  { name: 'nootropic_memory_free_bytes', help: 'Free memory of a device.', type: 'gauge', labels: ['device'] },
  {
    name: 'nootropic_memory_reserved_bytes',
    help: 'Memory of a device that is set aside for models.',
    type: 'gauge',
    labels: ['device'],
  },
  {
    name: 'nootropic_build_info',
    help: 'Always 1; its labels say what runs.',
    type: 'gauge',
    labels: ['version', 'node'],
  },
  {
    name: 'nootropic_event_loop_lag_seconds',
    help: 'How much later than due this process did its work since the last look, by share of all: median, p99, max.',
    type: 'gauge',
    labels: ['stat'],
  },
  {
    name: 'nootropic_process_cpu_seconds_total',
    help: 'Time of the processor that this process took.',
    type: 'counter',
    labels: [],
  },
  { name: 'nootropic_process_resident_bytes', help: 'Memory of this process.', type: 'gauge', labels: [] },
  {
    name: 'nootropic_egress_connections_total',
    help: 'Connections and look-ups that led off the machine, by cause and whether they were made or refused.',
    type: 'counter',
    labels: ['cause', 'result'],
  },
  {
    name: 'nootropic_egress_bytes_total',
    help: 'Bytes that left the machine or came to it, by cause and direction.',
    type: 'counter',
    labels: ['cause', 'direction'],
  },
  {
    name: 'nootropic_audit_failures_total',
    help: 'Rows of the audit log that could not be written.',
    type: 'counter',
    labels: [],
  },
  {
    name: 'nootropic_log_lines_dropped_total',
    help: 'Log lines that could not be written.',
    type: 'counter',
    labels: [],
  },
  {
    name: 'nootropic_telemetry_rejected_total',
    help: 'Measurements that fit no metric, by why.',
    type: 'counter',
    labels: ['reason'],
  },
  {
    name: 'nootropic_jobs_total',
    help: 'Runs of jobs that ended, by kind and how: done, failed (it is tried again), dead, cancelled, given-back.',
    type: 'counter',
    labels: ['kind', 'result'],
  },
  { name: 'nootropic_jobs_waiting', help: 'Jobs that wait, also for a later time.', type: 'gauge', labels: [] },
  {
    name: 'nootropic_job_seconds',
    help: 'Time of one run of a job.',
    type: 'histogram',
    labels: ['kind'],
    buckets: long,
  },
];

/** The form that every metric's name has. */
export const metricNamePattern = /^nootropic_[a-z_]+_(total|seconds|bytes|info|per_second|waiting|loaded)$/;
