import type { ModelRole } from '@nootropic/contracts';
import { Option } from 'commander';

/** Every role. Written down again, and checked against the contract's, because importing that would load its schemas for `--help`. */
const everyRole: Record<ModelRole, true> = { chat: true, completion: true, embedding: true, reranking: true };

/** `--role` with the roles there are. */
export function roleOption(meaning: string): Option {
  return new Option('--role <role>', meaning).choices(Object.keys(everyRole));
}
