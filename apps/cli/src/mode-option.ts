import type { AgentMode } from '@nootropic/contracts';
import { Option } from 'commander';

/** Every mode. Written down again, and checked against the contract's, because importing that would load its schemas for `--help`. */
const everyMode: Record<AgentMode, true> = { plan: true, ask: true, 'auto-edit': true, auto: true };

/** `--mode`: how far an agent goes by itself. */
export function modeOption(): Option {
  return new Option('--mode <mode>', 'how far it goes by itself; default: the setting agent.mode').choices(
    Object.keys(everyMode),
  );
}
