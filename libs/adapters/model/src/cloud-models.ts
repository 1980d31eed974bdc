/** The providers on the internet, by the names that the configuration uses. */
export const cloudProviders = ['openai', 'anthropic', 'google', 'xai'] as const;
export type CloudProvider = (typeof cloudProviders)[number];

/** What references to a provider's models begin with. `openai:` is taken: it names a server by its address. */
export const cloudSchemes = {
  openai: 'openai-cloud',
  anthropic: 'anthropic',
  google: 'google',
  xai: 'xai',
} as const satisfies Readonly<Record<CloudProvider, string>>;
export type CloudScheme = (typeof cloudSchemes)[CloudProvider];

/** US dollars for a million tokens. */
export interface CloudPrice {
  readonly read: number;
  /** Prompt tokens that the provider still had. */
  readonly reused: number;
  readonly written: number;
}

/** A model that a provider is known to have. */
export interface CloudModel {
  readonly provider: CloudProvider;
  /** The name without a date; a dated one (`gpt-4.1-2025-04-14`) is the same model. */
  readonly name: string;
  /** Tokens of prompt and answer together; 0 where it is not known before the provider is asked. */
  readonly contextLength: number;
  readonly price: CloudPrice;
  /** When the price was published as it stands here. What changed since is not known: a cost is an estimate. */
  readonly asOf: string;
  readonly embeds: boolean;
}

/**
 * Prices of the standard tier for short prompts, collected from price lists as they were published, not from a bill. The providers' own lists:
 * https://developers.openai.com/api/docs/pricing, https://platform.claude.com/docs/en/about-claude/pricing, https://ai.google.dev/pricing,
 * https://docs.x.ai/docs/models. A model that is not in the table can be used all the same; its cost is then not known.
 */
export const cloudModels: readonly CloudModel[] = [
  ...chat({ provider: 'openai', asOf: '2026-10-01' }, [
    ['gpt-6.1-sol', 1_050_000, 2, 0.1, 10],
    ['gpt-6-sol', 1_050_000, 2, 0.2, 10],
    ['gpt-6-luna', 1_050_000, 0.1, 0.01, 0.5],
  ]),
  ...chat({ provider: 'openai', asOf: '2025-11-01' }, [
    ['gpt-5.1', 400_000, 1.25, 0.125, 10],
    ['gpt-5', 400_000, 1.25, 0.125, 10],
    ['gpt-5-mini', 400_000, 0.25, 0.025, 2],
    ['gpt-5-nano', 400_000, 0.05, 0.005, 0.4],
    ['gpt-4.1', 1_047_576, 2, 0.5, 8],
    ['gpt-4.1-mini', 1_047_576, 0.4, 0.1, 1.6],
    ['gpt-4.1-nano', 1_047_576, 0.1, 0.025, 0.4],
    ['gpt-4o', 128_000, 2.5, 1.25, 10],
    ['gpt-4o-mini', 128_000, 0.15, 0.075, 0.6],
  ]),
  ...chat({ provider: 'anthropic', asOf: '2026-10-24' }, [
    ['claude-fable-5-1', 0, 10, 0.25, 50],
    ['claude-opus-5-5', 0, 4, 0.2, 20],
    ['claude-opus-5', 0, 5, 0.5, 25],
    ['claude-opus-4-8', 1_000_000, 5, 0.5, 25],
    ['claude-sonnet-5-5', 0, 2, 0.1, 10],
    ['claude-sonnet-5', 0, 2, 0.2, 10],
    ['claude-sonnet-4-6', 1_000_000, 3, 0.3, 15],
    ['claude-sonnet-4-5', 200_000, 3, 0.3, 15],
    ['claude-haiku-5-5', 0, 0.1, 0.01, 0.5],
    ['claude-haiku-4-5', 200_000, 1, 0.1, 5],
  ]),
  ...chat({ provider: 'google', asOf: '2025-11-01' }, [
    ['gemini-2.5-pro', 1_048_576, 1.25, 0.125, 10],
    ['gemini-2.5-flash', 1_048_576, 0.3, 0.03, 2.5],
    ['gemini-2.5-flash-lite', 1_048_576, 0.1, 0.01, 0.4],
  ]),
  ...chat({ provider: 'xai', asOf: '2025-11-01' }, [
    ['grok-4', 256_000, 3, 0.75, 15],
    ['grok-4-fast-reasoning', 2_000_000, 0.2, 0.05, 0.5],
    ['grok-4-fast-non-reasoning', 2_000_000, 0.2, 0.05, 0.5],
    ['grok-code-fast-1', 256_000, 0.2, 0.02, 1.5],
  ]),
  embedder('openai', 'text-embedding-3-small', 8191, 0.02),
  embedder('openai', 'text-embedding-3-large', 8191, 0.13),
  embedder('google', 'gemini-embedding-001', 2048, 0.15),
];

/** The price of a model by its reference (`anthropic:NAME`); `undefined` where it is not known, and for what is no provider's model. */
export function cloudPrice(ref: string): CloudPrice | undefined {
  const colon = ref.indexOf(':');
  const provider = cloudProviders.find((each) => cloudSchemes[each] === ref.slice(0, Math.max(0, colon)));
  return provider && findCloudModel(provider, ref.slice(colon + 1))?.price;
}

/** The entry of a name, also of one with a date after it. */
export function findCloudModel(provider: CloudProvider, name: string): CloudModel | undefined {
  const undated = name.replace(/-(\d{8}|\d{4}-\d{2}-\d{2})$/, '');
  return cloudModels.find((model) => model.provider === provider && (model.name === name || model.name === undated));
}

function chat(
  of: Pick<CloudModel, 'provider' | 'asOf'>,
  rows: readonly (readonly [name: string, contextLength: number, read: number, reused: number, written: number])[],
): CloudModel[] {
  return rows.map(([name, contextLength, read, reused, written]) => {
    return { ...of, name, contextLength, price: { read, reused, written }, embeds: false };
  });
}

function embedder(...[provider, name, contextLength, read]: [CloudProvider, string, number, number]): CloudModel {
  return { provider, name, contextLength, price: { read, reused: read, written: 0 }, asOf: '2025-11-01', embeds: true };
}
