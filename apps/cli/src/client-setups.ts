/** What a program needs to be told. */
export interface ClientSetup {
  /** `http://127.0.0.1:4650` */
  readonly url: string;
  readonly key: string;
  /** Tokens that fit into one request. */
  readonly contextLength: number;
}

export const setupNames = ['zed', 'continue', 'llama.vscode', 'open-webui', 'claude-code', 'codex'] as const;
export type SetupName = (typeof setupNames)[number];

interface SetupText {
  readonly title: string;
  /** Where the text goes. */
  readonly where: string;
  readonly text: string;
}

/** The model that answers, by the name that every API here knows. */
const model = 'default';

/** How a program is told of the host, in its own words. */
export function clientSetup(name: SetupName, setup: ClientSetup): SetupText {
  return setups[name](setup);
}

const setups: Readonly<Record<SetupName, (setup: ClientSetup) => SetupText>> = {
  // https://zed.dev/docs/ai/use-api-access#openai-compatible
  zed: ({ url, key, contextLength }) => ({
    title: 'Zed',
    where: `settings.json; start Zed with NOOTROPIC_API_KEY=${key}, or paste the key in its provider settings`,
    text: json({
      language_models: {
        openai_compatible: {
          nootropic: {
            api_url: `${url}/v1`,
            available_models: [
              {
                ...{ name: model, display_name: 'nootropic', max_tokens: contextLength },
                capabilities: { tools: true, images: false, parallel_tool_calls: false, prompt_cache_key: false },
              },
            ],
          },
        },
      },
    }),
  }),
  // https://docs.continue.dev/reference
  continue: ({ url, key, contextLength }) => ({
    title: 'Continue',
    where: '~/.continue/config.yaml',
    text: [
      'name: nootropic',
      'version: 0.0.1',
      'schema: v1',
      'models:',
      '  - name: nootropic',
      '    provider: openai',
      `    model: ${model}`,
      `    apiBase: ${url}/v1`,
      `    apiKey: ${key}`,
      '    roles: [chat, edit, apply]',
      '    capabilities: [tool_use]',
      '    defaultCompletionOptions:',
      `      contextLength: ${String(contextLength)}`,
      '  - name: nootropic completion',
      '    provider: llama.cpp',
      `    model: ${model}`,
      `    apiBase: ${url}`,
      `    apiKey: ${key}`,
      '    roles: [autocomplete]',
    ].join('\n'),
  }),
  // https://github.com/ggml-org/llama.vscode/blob/master/package.json
  'llama.vscode': ({ url, key }) => ({
    title: 'llama.vscode',
    where: "VS Code's settings.json",
    text: json({
      'llama-vscode.endpoint': url,
      'llama-vscode.api_key': key,
      'llama-vscode.endpoint_chat': url,
      'llama-vscode.api_key_chat': key,
      'llama-vscode.endpoint_tools': url,
      'llama-vscode.api_key_tools': key,
      'llama-vscode.endpoint_embeddings': url,
      'llama-vscode.api_key_embeddings': key,
      'llama-vscode.ai_model': model,
    }),
  }),
  // https://docs.openwebui.com/getting-started/env-configuration
  'open-webui': ({ url, key }) => ({
    title: 'Open WebUI',
    where: 'its environment, or Admin Settings > Connections > OpenAI',
    text: [`OPENAI_API_BASE_URL=${url}/v1`, `OPENAI_API_KEY=${key}`, 'ENABLE_OLLAMA_API=false'].join('\n'),
  }),
  // https://docs.anthropic.com/en/docs/claude-code/llm-gateway
  'claude-code': ({ url, key }) => ({
    title: 'Claude Code',
    where: 'the environment of `claude`',
    text: [
      `export ANTHROPIC_BASE_URL=${url}`,
      `export ANTHROPIC_AUTH_TOKEN=${key}`,
      'export ANTHROPIC_API_KEY=',
      `export ANTHROPIC_MODEL=${model}`,
      `export ANTHROPIC_DEFAULT_OPUS_MODEL=${model}`,
      `export ANTHROPIC_DEFAULT_SONNET_MODEL=${model}`,
      `export ANTHROPIC_DEFAULT_HAIKU_MODEL=${model}`,
    ].join('\n'),
  }),
  // https://developers.openai.com/codex/config-sample
  codex: ({ url, key, contextLength }) => ({
    title: 'Codex',
    where: `~/.codex/config.toml; start codex with NOOTROPIC_API_KEY=${key}`,
    text: [
      `model = "${model}"`,
      'model_provider = "nootropic"',
      `model_context_window = ${String(contextLength)}`,
      '',
      '[model_providers.nootropic]',
      'name = "nootropic"',
      `base_url = "${url}/v1"`,
      'env_key = "NOOTROPIC_API_KEY"',
      'wire_api = "responses"',
    ].join('\n'),
  }),
};

function json(value: object): string {
  return JSON.stringify(value, null, 2);
}
