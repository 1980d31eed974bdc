import { AsyncEntry } from '@napi-rs/keyring';
import type { KeychainQuestion } from './system-keychain.ts';

/**
 * Answers one question about the system's keychain: the question on stdin, the answer on stdout, both JSON. It is a process of its own since
 * the package waits for the desktop's service without giving the thread back, and a service that never answers can only be left by a kill.
 */
let text = '';
for await (const piece of process.stdin) text += String(piece);
const { act, name, value } = JSON.parse(text) as KeychainQuestion;
// Without this the package falls back to the kernel's keyring on Linux, which forgets everything when the machine starts again.
const entry = new AsyncEntry('nootropic', name, { linux: { store: 'secret-service' } });
if (act === 'set' && value !== undefined) await entry.setPassword(value);
if (act === 'remove') await entry.deletePassword();
const found = act === 'remove' ? null : await entry.getPassword();
process.stdout.write(JSON.stringify({ value: found }));
