import { stat } from 'node:fs/promises';
import type { Examined } from './doctor.ts';
import { gigabytes, ok, type Finding } from './finding.ts';
import { displayPath } from './paths.ts';

/** Whether the model that answers would fit into the memory that is free now. Only a file here is planned: a server's memory is its own. */
export async function checkPlan({ models, assistant }: Pick<Examined, 'models' | 'assistant'>): Promise<Finding> {
  const { ref } = await models.choose();
  if (!ref.startsWith('file:')) return ok(ref === 'none' ? 'no local model to plan for' : 'the model runs in a server');
  const { plan } = await assistant.models.plan({ ref, role: 'chat' });
  const { planned, usable, available } = plan.memory;
  const gpu =
    plan.gpu === undefined
      ? ''
      : ` and ${gigabytes(plan.gpu.planned)} of ${gigabytes(plan.gpu.usable)} on ${plan.gpu.name}`;
  const detail = `${gigabytes(planned)} planned of ${gigabytes(usable)} for models${gpu}, ${gigabytes(available)} available`;
  if (!plan.fits)
    return {
      state: 'problem',
      detail: `The model that answers does not fit: ${detail}.`,
      hint: 'Close other programs, or find one that fits: `nootropic models recommend`.',
    };
  return plan.gaveUp.length === 0
    ? ok(detail)
    : {
        state: 'note',
        detail: `${detail}; given up: ${plan.gaveUp.join(' ')}`,
        hint: 'Free memory would give it back.',
      };
}

/** What is kept of conversations on the disk, against what may be. */
export async function checkStates({ assistant, config }: Pick<Examined, 'assistant' | 'config'>): Promise<Finding> {
  const limit = config.models.stateLimit * 2 ** 20;
  if (limit === 0) return ok('none are kept: models.stateLimit is 0');
  const { states } = await assistant.models.ps();
  const detail = `${states.files} kept, ${gigabytes(states.bytes)} of at most ${gigabytes(limit)} (models.stateLimit)`;
  return states.bytes > limit
    ? { state: 'note', detail, hint: 'The least used go when a model next writes one.' }
    : ok(detail);
}

/** Providers on the internet that may be used, and whether each has a key. */
export async function checkProviders({ assistant }: Pick<Examined, 'assistant'>): Promise<Finding> {
  const enabled = (await assistant.keys.list()).filter((key) => key.enabled);
  if (enabled.length === 0) return ok('none may be used');
  const names = enabled.map(({ provider, place }) => `${provider} (key: ${place})`).join(', ');
  const missing = enabled.find(({ place }) => place === 'none');
  return missing === undefined
    ? ok(`${names}; what is asked of their models leaves this machine`)
    : { state: 'problem', detail: names, hint: `Run \`nootropic keys set ${missing.provider}\`.` };
}

/** Where keys lie, and that nobody else can read the file if there is one. */
export async function checkKeys({ assistant, paths }: Pick<Examined, 'assistant' | 'paths'>): Promise<Finding> {
  const kept = (await assistant.keys.list()).filter(({ place }) => place !== 'none');
  const places = kept.map(({ provider, place }) => `${provider}: ${place}`).join(', ');
  const file = await stat(paths.keys).catch(() => undefined);
  if (file === undefined) return ok(places === '' ? 'none' : places);
  const shown = displayPath(paths.keys);
  const open = process.platform !== 'win32' && (file.mode & 0o077) !== 0;
  return open
    ? { state: 'problem', detail: `Others on this machine can read ${shown}.`, hint: `chmod 600 '${paths.keys}'` }
    : ok(`${places === '' ? 'none' : places}; file: ${shown}`);
}

/** What decides how downloads and servers are reached. A secret is only said to be set. */
const networkVariables = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS', 'HF_ENDPOINT'];

/** The environment of downloads: proxies, certificates, another Hugging Face. Nothing is asked over the network. */
export async function checkNetwork({ env }: Pick<Examined, 'env'>): Promise<Finding> {
  const seen = networkVariables.flatMap((name) => {
    const value = env[name] || env[name.toLowerCase()];
    return value ? [`${name} ${withoutPassword(value)}`] : [];
  });
  if (env['HF_TOKEN']) seen.push('HF_TOKEN is set');
  return ok(seen.length === 0 ? 'no proxy is set' : seen.join(', '));
}

function withoutPassword(value: string): string {
  return value.replace(/^(\w+:\/\/)?[^/@]*@/u, '$1…@');
}
