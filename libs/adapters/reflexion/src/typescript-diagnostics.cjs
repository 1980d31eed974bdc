// Runs inside the workspace with the workspace's own TypeScript: reads a request as JSON, prints what the changed files and the files that
// import them have of errors now and had not before. Nothing is written.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const request = JSON.parse(fs.readFileSync(0, 'utf8'));

function answer(value) {
  process.stdout.write(JSON.stringify(value));
}

function load() {
  try {
    return require(require.resolve('typescript', { paths: [path.dirname(request.config), request.root] }));
  } catch {
    return undefined;
  }
}

const ts = load();
if (!ts || typeof ts.createLanguageService !== 'function') answer({ noApi: true });
else main();

function configsOf(config, depth) {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} };
  const extra = {
    noEmit: true,
    incremental: false,
    composite: false,
    emitDeclarationOnly: false,
    allowImportingTsExtensions: undefined,
  };
  const parsed = ts.getParsedCommandLineOfConfigFile(config, extra, host);
  if (!parsed) return [];
  delete parsed.options.tsBuildInfoFile;
  delete parsed.options.allowImportingTsExtensions;
  const own = ts.readConfigFile(config, ts.sys.readFile).config || {};
  const options = ts.getParsedCommandLineOfConfigFile(config, {}, host)?.options ?? {};
  if (options.allowImportingTsExtensions !== undefined)
    parsed.options.allowImportingTsExtensions = options.allowImportingTsExtensions;
  const found = [{ config, fileNames: parsed.fileNames, options: parsed.options }];
  if (depth > 0)
    for (const reference of parsed.projectReferences ??
      (own.references ?? []).map((r) => ({ path: path.resolve(path.dirname(config), r.path) })))
      found.push(...configsOf(ts.resolveProjectReferencePath(reference), depth - 1));
  return found;
}

function normal(file) {
  return file.split(path.sep).join('/');
}

function main() {
  const touched = request.files.map((file) => ({ ...file, name: normal(path.join(request.root, file.path)) }));
  const wanted = new Set(touched.map((file) => file.name));
  const seen = new Set();
  const configs = configsOf(request.config, 2).filter(({ config }) => !seen.has(config) && seen.add(config));
  const fitting = configs.filter(({ fileNames }) => fileNames.some((name) => wanted.has(normal(name))));
  // A deleted file is in no list any more; one that exists and is in none is not checked by the project either.
  const gone = touched.some((file) => file.after === null);
  const chosen = (
    fitting.length > 0 || !gone ? fitting : configs.filter(({ fileNames }) => fileNames.length > 0)
  ).slice(0, 3);
  if (chosen.length === 0) return answer({ none: true });
  const errors = [];
  let checked = 0;
  for (const project of chosen) {
    const found = check(project, touched, wanted);
    checked += found.checked;
    errors.push(...found.errors);
  }
  answer({ errors: errors.slice(0, 50), checked });
}

function check({ fileNames, options }, touched, wanted) {
  let state = 'after';
  const overlay = new Map(touched.map((file) => [file.name, file]));
  const textOf = (name) => {
    const file = overlay.get(normal(name));
    if (!file) return ts.sys.readFile(name);
    const text = file[state];
    return text === null ? undefined : text;
  };
  const isThere = (name) => {
    const file = overlay.get(normal(name));
    return file ? file[state] !== null : ts.sys.fileExists(name);
  };
  const names = () => {
    const all = new Set(fileNames.map(normal));
    for (const file of touched) {
      if (file[state] === null) all.delete(file.name);
      else if (file.after === null) all.add(file.name);
    }
    return [...all].filter(isThere);
  };
  const host = {
    getCompilationSettings: () => options,
    getScriptFileNames: names,
    getScriptVersion: (name) => (overlay.has(normal(name)) ? state : '0'),
    getScriptSnapshot(name) {
      const text = textOf(name);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => request.root,
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    fileExists: isThere,
    readFile: textOf,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    realpath: ts.sys.realpath,
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
  };
  const service = ts.createLanguageService(host);

  function importersOf() {
    const program = service.getProgram();
    const cache = ts.createModuleResolutionCache(request.root, (name) => name, options);
    const importers = new Map();
    for (const source of program.getSourceFiles()) {
      if (program.isSourceFileFromExternalLibrary(source) || /\/node_modules\//u.test(source.fileName)) continue;
      const text = textOf(source.fileName);
      if (text === undefined) continue;
      for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
        const found = ts.resolveModuleName(fileName, source.fileName, options, host, cache).resolvedModule;
        if (!found) continue;
        const target = normal(found.resolvedFileName);
        importers.set(target, [...(importers.get(target) ?? []), normal(source.fileName)]);
      }
    }
    const reached = new Set(wanted);
    for (const name of reached) {
      if (reached.size > request.most) break;
      for (const importer of importers.get(name) ?? []) reached.add(importer);
    }
    return reached;
  }

  function diagnosticsOf(name) {
    if (!isThere(name) || !service.getProgram().getSourceFile(name)) return [];
    return [...service.getSyntacticDiagnostics(name), ...service.getSemanticDiagnostics(name)]
      .filter(({ category }) => category === ts.DiagnosticCategory.Error)
      .map(({ file, start, code, messageText }) => ({
        path: normal(path.relative(request.root, name)),
        line: file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 1,
        text: `TS${String(code)}: ${ts.flattenDiagnosticMessageText(messageText, '\n    ')}`,
      }));
  }

  const reached = importersOf();
  const after = [...reached].flatMap(diagnosticsOf);
  const gone = touched.some((file) => file.after === null);
  if (after.length === 0 && !gone) return { errors: [], checked: reached.size };
  state = 'before';
  const earlier = importersOf();
  const before = [...new Set([...reached, ...earlier])].flatMap(diagnosticsOf);
  state = 'after';
  const all = gone ? [...new Set([...reached, ...earlier])].flatMap(diagnosticsOf) : after;
  const left = new Map();
  const key = ({ path: at, text }) => `${at}\n${text.replace(/\d+/gu, '#')}`;
  for (const one of before) left.set(key(one), (left.get(key(one)) ?? 0) + 1);
  const errors = all.filter((one) => {
    const count = left.get(key(one)) ?? 0;
    if (count > 0) left.set(key(one), count - 1);
    return count === 0;
  });
  return { errors, checked: reached.size };
}
