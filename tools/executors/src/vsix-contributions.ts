/** What an extension's code registers with the editor when it is activated, by kind. */
export interface Registrations {
  readonly commands: readonly string[];
  readonly views: readonly string[];
  readonly chatParticipants: readonly string[];
  readonly languageModelTools: readonly string[];
  readonly languageModelChatProviders: readonly string[];
  readonly mcpServerDefinitionProviders: readonly string[];
}

/** The parts of an extension's package.json that are checked. */
export interface ExtensionManifest {
  readonly name: string;
  readonly publisher?: string;
  readonly version: string;
  readonly license?: string;
  readonly main?: string;
  readonly icon?: string;
  readonly engines?: { readonly vscode?: string };
  readonly enabledApiProposals?: readonly string[];
  readonly activationEvents?: readonly string[];
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly contributes?: {
    readonly commands?: readonly { readonly command: string }[];
    readonly keybindings?: readonly { readonly command: string }[];
    readonly menus?: Readonly<Record<string, readonly { readonly command?: string; readonly submenu?: string }[]>>;
    readonly submenus?: readonly { readonly id: string }[];
    readonly views?: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly chatParticipants?: readonly { readonly id: string }[];
    readonly languageModelTools?: readonly { readonly name: string }[];
    readonly languageModelChatProviders?: readonly { readonly vendor: string }[];
    readonly mcpServerDefinitionProviders?: readonly { readonly id: string }[];
  };
}

/**
 * What is wrong between what an extension says that it contributes and what its code registers, as sentences; both ways. A command whose name begins
 * with `_` is one of the extension's own, which the editor shows nowhere: it is registered and not contributed.
 */
export function contributionFaults({ contributes = {} }: ExtensionManifest, registered: Registrations): string[] {
  const said: Record<keyof Registrations, readonly string[]> = {
    commands: (contributes.commands ?? []).map(({ command }) => command),
    views: Object.values(contributes.views ?? {}).flatMap((views) => views.map(({ id }) => id)),
    chatParticipants: (contributes.chatParticipants ?? []).map(({ id }) => id),
    languageModelTools: (contributes.languageModelTools ?? []).map(({ name }) => name),
    languageModelChatProviders: (contributes.languageModelChatProviders ?? []).map(({ vendor }) => vendor),
    mcpServerDefinitionProviders: (contributes.mcpServerDefinitionProviders ?? []).map(({ id }) => id),
  };
  const faults: string[] = [];
  for (const kind of Object.keys(said) as (keyof Registrations)[]) {
    const [contributed, own] = [new Set(said[kind]), new Set(registered[kind])];
    for (const name of contributed)
      if (!own.has(name)) faults.push(`contributes.${kind} has "${name}", which the code does not register.`);
    for (const name of own)
      if (!contributed.has(name) && !name.startsWith('_'))
        faults.push(`The code registers "${name}", which contributes.${kind} does not have.`);
    if (contributed.size < said[kind].length) faults.push(`contributes.${kind} says something twice.`);
    const twice = registered[kind].find((name, index) => registered[kind].indexOf(name) !== index);
    if (twice !== undefined) faults.push(`The code registers "${twice}" twice.`);
  }
  const commands = new Set(said.commands);
  const submenus = new Set((contributes.submenus ?? []).map(({ id }) => id));
  for (const { command } of contributes.keybindings ?? [])
    if (!commands.has(command)) faults.push(`A keybinding names the command "${command}", which is not contributed.`);
  for (const [menu, entries] of Object.entries(contributes.menus ?? {}))
    for (const { command, submenu } of entries) {
      if (command !== undefined && !commands.has(command))
        faults.push(`The menu ${menu} names the command "${command}", which is not contributed.`);
      if (submenu !== undefined && !submenus.has(submenu))
        faults.push(`The menu ${menu} names the submenu "${submenu}", which is not contributed.`);
    }
  return faults;
}

/** Words that package.json names and nobody wrote, words that nobody uses, and files that it names and that are not there. */
export function wordFaults(manifest: ExtensionManifest, words: Readonly<Record<string, string>>): string[] {
  const used = new Set([...JSON.stringify(manifest).matchAll(/"%([^"%]+)%"/gu)].map(([, key = '']) => key));
  return [
    ...[...used].filter((key) => !Object.hasOwn(words, key)).map((key) => `package.nls.json has no "${key}".`),
    ...Object.keys(words)
      .filter((key) => !used.has(key))
      .map((key) => `package.nls.json has "${key}", which package.json does not use.`),
  ];
}

/** Extensions of files that hold machine code. */
const native = /\.(node|so|dylib|dll|exe|wasm|a)$/u;

/**
 * What keeps an extension out of a registry, or makes it another thing on another machine; as sentences. The rules are those of the Visual Studio
 * Marketplace (https://code.visualstudio.com/api/working-with-extensions/publishing-extension) and of Open VSX
 * (https://github.com/eclipse/openvsx/wiki/Publishing-Extensions).
 */
export function registryFaults(manifest: ExtensionManifest, files: readonly string[]): string[] {
  const { engines, enabledApiProposals, devDependencies, dependencies, activationEvents = [], icon, main } = manifest;
  const faults: string[] = [];
  for (const field of ['publisher', 'license', 'version', 'icon', 'main'] as const)
    if (manifest[field] === undefined) faults.push(`package.json has no "${field}".`);
  for (const name of ['README.md', 'CHANGELOG.md', 'LICENSE', icon, main])
    if (name !== undefined && !files.includes(name.replace(/^\.\//u, ''))) faults.push(`${name} is missing.`);
  for (const [, name = ''] of JSON.stringify(manifest).matchAll(/"(?:\.\/)?((?:media|resources|l10n)\/[^"]+)"/gu))
    if (name !== icon && !files.includes(name)) faults.push(`${name} is missing.`);
  if (enabledApiProposals !== undefined) faults.push('It names proposed API, which no registry takes.');
  const least = engines?.vscode?.replace(/^[\^~>=]+/u, '');
  const types = devDependencies?.['@types/vscode'];
  if (least === undefined) faults.push('engines.vscode is missing.');
  else if (types !== undefined && isNewer(types, least))
    faults.push(`@types/vscode is ${types}, newer than the oldest editor it says it runs in (${least}).`);
  if (Object.keys(dependencies ?? {}).length > 0)
    faults.push('It has dependencies, which are not packed: they belong into the bundle.');
  if (activationEvents.includes('*')) faults.push('It is activated at once by "*".');
  for (const file of files) if (native.test(file)) faults.push(`${file} is machine code, which belongs to the host.`);
  return faults;
}

function isNewer(one: string, other: string): boolean {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number));
  for (let index = 0; index < 3; index += 1) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
