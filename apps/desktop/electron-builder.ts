import type { Configuration } from 'electron-builder';

/** Where new versions are told of. Unset: the app is built without, and never looks. */
const feed = process.env['NOOTROPIC_UPDATE_FEED'];

/**
 * How the app is put together. `extraResources` brings the command line and the Node that runs it: with the fuse `runAsNode` off, Electron's own binary is no
 * Node any more.
 */
export const builderConfiguration: Configuration = {
  appId: 'dev.nootropic.desktop',
  productName: 'nootropic',
  copyright: 'MIT licence',
  directories: { output: 'dist/installers', buildResources: 'build' },
  files: ['main.js', 'link.js', 'chunk-*.js', 'preload.cjs', 'icon.png', 'page/**', 'package.json', 'node_modules/**'],
  extraResources: [
    { from: 'resources/cli', to: 'cli' },
    { from: 'resources/node', to: 'node' },
  ],
  asar: true,
  // Machine code cannot be loaded from within an archive.
  asarUnpack: ['**/*.node'],
  npmRebuild: false,
  electronFuses: {
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableCookieEncryption: true,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false,
    resetAdHocDarwinSignature: true,
  },
  protocols: [{ name: 'nootropic', schemes: ['nootropic'] }],
  publish: feed === undefined || feed === '' ? null : [{ provider: 'generic', url: feed }],
  linux: { target: ['AppImage', 'deb'], category: 'Development', maintainer: 'nootropic' },
  mac: { target: ['dmg', 'zip'], category: 'public.app-category.developer-tools', hardenedRuntime: true },
  win: { target: ['nsis'] },
  nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
};
