import { describe, expect, it } from 'vitest';
import { isLocalRef, remoteRule } from './never-remote.ts';

const rule = (folders: string[], workspace?: string, project?: { neverRemote: boolean; root?: string }) =>
  remoteRule({ folders, workspace, project });

describe('remoteRule', () => {
  it.each([
    [['/projects'], '/projects'],
    [['/projects/'], '/projects/deep/er'],
    [['/projects'], '/home/../projects/x'],
    [['/'], '/anywhere'],
    [['C:\\Work'], 'c:\\work\\project'],
    [['/a', '/b'], '/b/c'],
  ])('%j covers %s', (folders, workspace) => {
    expect(rule(folders, workspace)).toContain('models.neverRemote names');
  });

  it.each([
    [['/projects'], '/projects-old'],
    [['/projects/a'], '/projects'],
    [['/Projects'], '/projects'],
    [[], '/projects'],
  ])('%j does not cover %s', (folders, workspace) => {
    expect(rule(folders, workspace)).toBeUndefined();
  });

  it('covers a request that is about no folder only where it covers everything', () => {
    expect(rule(['/'])).toBeDefined();
    expect(rule(['/projects'])).toBeUndefined();
  });

  it('is not led round by a symbolic link', () => {
    expect(rule(['/secret'], '/home/link', { neverRemote: false, root: '/secret/project' })).toContain('/secret');
  });

  it('is tightened by a project, and not loosened', () => {
    expect(rule([], '/w', { neverRemote: true })).toContain('.nootropic/config.json');
    expect(rule(['/w'], '/w', { neverRemote: false })).toContain('/w');
  });
});

describe('isLocalRef', () => {
  it.each([
    'file:/models/a.gguf',
    'builtin:embedder',
    'none',
    'ollama:qwen3:8b',
    'ollama:qwen3@http://localhost:11434',
    'openai:m@http://127.0.0.1:8080/v1',
    'openai:m@http://[::1]:8080/v1',
  ])('%s is', (ref) => expect(isLocalRef(ref)).toBe(true));

  it.each([
    'ollama:qwen3@http://192.168.1.2:11434',
    'ollama:gpt-oss:120b-cloud',
    'ollama:kimi:cloud',
    'openai:m@https://api.example.com/v1',
    'openai:m@http://localhost.example.com/v1',
    'openai:m@http://127.0.0.1@evil.example/v1',
    'openai:m@http://127.0.0.1/@http://evil.example/v1',
    'anthropic:opus',
    'unknown:x',
  ])('%s is not', (ref) => expect(isLocalRef(ref)).toBe(false));
});
