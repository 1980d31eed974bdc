import { assistantContract, wireRoutes } from '@nootropic/contracts';
import { isContractProcedure, type AnyContractRouter } from '@orpc/contract';
import { describe, expect, it } from 'vitest';
import { procedureAccess, reaches, roleOfProcedure, roleOfWireRoute } from './access.ts';

function procedures(contract: AnyContractRouter, path: readonly string[] = []): { path: string; method: string }[] {
  if (isContractProcedure(contract))
    return [{ path: path.join('.'), method: contract['~orpc'].route.method ?? 'POST' }];
  return Object.entries(contract).flatMap(([name, part]) => procedures(part, [...path, name]));
}

const all = procedures(assistantContract);

describe('the table of access', () => {
  it('has every procedure of the contract, and no other', () => {
    expect(Object.keys(procedureAccess).sort()).toEqual(all.map(({ path }) => path).sort());
  });

  it('lets nobody remove anything who may only look', () => {
    for (const { path, method } of all)
      if (method === 'DELETE')
        expect([path, reaches('read-only', procedureAccess[path] ?? 'admin')]).toEqual([path, false]);
  });

  it('keeps keys, settings, trust and the host for an admin', () => {
    for (const { path } of all)
      if (/^(?:clients|keys|config|audit)\.|^trust\.set$|^host\.(?:stop|signIn)$|^mcp\.approve$/u.test(path))
        expect([path, procedureAccess[path]]).toEqual([path, 'admin']);
  });

  it('knows nothing of what is not in it', () => {
    for (const path of ['', 'nothing', 'toString', '__proto__', 'constructor'])
      expect(roleOfProcedure(path)).toBeUndefined();
  });

  it('orders the roles', () => {
    expect(reaches('admin', 'models')).toBe(true);
    expect(reaches('user', 'user')).toBe(true);
    expect(reaches('models', 'read-only')).toBe(false);
    expect(reaches('read-only', 'user')).toBe(false);
  });

  it('asks for a key of models where a wire route says nothing', () => {
    expect(roleOfWireRoute({})).toBe('models');
    expect(roleOfWireRoute({ role: 'anyone' })).toBe('anyone');
  });
});

describe('the routes of the standard APIs', () => {
  it('lie beside those of the assistant, and never upon them', () => {
    const addresses = (contract: AnyContractRouter): string[] =>
      isContractProcedure(contract)
        ? [`${contract['~orpc'].route.method ?? 'POST'} ${contract['~orpc'].route.path ?? ''}`]
        : Object.values(contract).flatMap((part) => addresses(part));
    const taken = new Set(addresses(assistantContract));
    expect(taken.size).toBe(all.length);
    for (const { method, path } of wireRoutes) expect([path, taken.has(`${method} ${path}`)]).toEqual([path, false]);
  });

  it('are open without a key only to generate, embed and list', () => {
    const open = wireRoutes.filter((route) => route.open === true).map(({ method, path }) => `${method} ${path}`);
    expect(open.length).toBeGreaterThan(5);
    expect(open.filter((address) => /pull|push|delete|create|copy|blobs|stop|slots|lora/u.test(address))).toEqual([]);
    expect(wireRoutes.filter((route) => route.open === true && (route.role ?? 'models') === 'user')).toEqual([]);
  });
});
