import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { familyOf } from './graph-file.ts';
import { findModule } from './graph-modules.ts';
import { createPathTable } from './graph-paths.ts';
import { readProjects } from './graph-projects.ts';

interface Workspace {
  readonly paths: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  readonly namespaces?: Readonly<Record<string, readonly string[]>>;
}

async function finder({ paths, settings = {}, namespaces = {} }: Workspace) {
  const table = createPathTable(paths.map((path, at) => [path, at] as const));
  const files = {
    read: async (path: string) => {
      await Promise.resolve();
      return new TextEncoder().encode(settings[path] ?? '');
    },
  };
  const projects = await readProjects(files, Object.keys(settings));
  return (path: string, module: string, language: string): string[] => {
    const target = findModule(
      { path, module, family: familyOf(language) },
      {
        paths: table,
        projects,
        declaring: (name) => (new Map(Object.entries(namespaces)).get(name) ?? []).map((each) => paths.indexOf(each)),
      },
    );
    const found = target.files.map((file) => paths[file] ?? '');
    return target.symbol === undefined ? found : [...found, `#${target.symbol}`];
  };
}

describe('the files that a module leads to', () => {
  it('in TypeScript and JavaScript: relative, compiled, with and without extension, and the index of a folder', async () => {
    const find = await finder({
      paths: [
        'src/a.ts',
        'src/b.tsx',
        'src/sub/index.ts',
        'src/c.mts',
        'lib/d.js',
        'index.js',
        'src/e.d.ts',
        'src/x.vue',
      ],
    });
    const from = (module: string) => find('src/a.ts', module, 'typescript');
    expect(from('./b')).toEqual(['src/b.tsx']);
    expect(from('./b.js')).toEqual(['src/b.tsx']);
    expect(from('./b.tsx')).toEqual(['src/b.tsx']);
    expect(from('./c.mjs')).toEqual(['src/c.mts']);
    expect(from('./sub')).toEqual(['src/sub/index.ts']);
    expect(from('./sub/')).toEqual(['src/sub/index.ts']);
    expect(from('../lib/d')).toEqual(['lib/d.js']);
    expect(from('..')).toEqual(['index.js']);
    expect(from('./e')).toEqual(['src/e.d.ts']);
    expect(from('./x.vue')).toEqual(['src/x.vue']);
    expect(from('./b?worker')).toEqual(['src/b.tsx']);
    for (const none of ['./nope', '../../out', 'node:fs', 'react', '@scope/pkg', '../../../etc/passwd']) {
      expect(from(none)).toEqual([]);
    }
  });

  it('in a workspace of packages: by name, by exports, and from what is built back to its source', async () => {
    const find = await finder({
      paths: [
        'libs/core/src/index.ts',
        'libs/core/src/deep/x.ts',
        'libs/old/main.js',
        'libs/built/src/index.ts',
        'app/a.ts',
      ],
      settings: {
        'libs/core/package.json':
          '{"name":"@my/core","exports":{".":{"types":"./src/index.ts"},"./deep/*":"./src/deep/*.ts"}}',
        'libs/old/package.json': '{"name":"old","main":"main.js"}',
        'libs/built/package.json': '{"name":"built","main":"./dist/index.js"}',
        'libs/broken/package.json': '{"name":',
      },
    });
    expect(find('app/a.ts', '@my/core', 'typescript')).toEqual(['libs/core/src/index.ts']);
    expect(find('app/a.ts', '@my/core/deep/x', 'typescript')).toEqual(['libs/core/src/deep/x.ts']);
    expect(find('app/a.ts', 'old', 'javascript')).toEqual(['libs/old/main.js']);
    expect(find('app/a.ts', 'built', 'javascript')).toEqual(['libs/built/src/index.ts']);
    expect(find('app/a.ts', '@my/other', 'typescript')).toEqual([]);
  });

  it('by the paths of the nearest tsconfig, with comments and trailing commas in it', async () => {
    const find = await finder({
      paths: ['app/src/ui/button.tsx', 'shared/log.ts', 'app/src/page.ts'],
      settings: {
        'tsconfig.json': '{"compilerOptions":{"baseUrl":"."}}',
        'app/tsconfig.json':
          '{ // ours\n "compilerOptions": { "paths": { "@/*": ["./src/*"], "log": ["../shared/log.ts"], /* "x": [] */ }, } }',
      },
    });
    expect(find('app/src/page.ts', '@/ui/button', 'tsx')).toEqual(['app/src/ui/button.tsx']);
    expect(find('app/src/page.ts', 'log', 'typescript')).toEqual(['shared/log.ts']);
    expect(find('shared/log.ts', 'app/src/page', 'typescript')).toEqual(['app/src/page.ts']);
    expect(find('shared/log.ts', '@/ui/button', 'typescript')).toEqual([]);
  });

  it('in Python: relative by dots, absolute from roots that are no packages', async () => {
    const find = await finder({
      paths: [
        'src/app/__init__.py',
        'src/app/models.py',
        'src/app/sub/__init__.py',
        'src/app/sub/views.py',
        'src/app/logging.py',
        'scripts/run.py',
        'scripts/tool.py',
      ],
    });
    const from = (module: string) => find('src/app/sub/views.py', module, 'python');
    expect(from('.')).toEqual(['src/app/sub/__init__.py']);
    expect(from('..models')).toEqual(['src/app/models.py']);
    expect(from('...')).toEqual([]);
    expect(from('app.models')).toEqual(['src/app/models.py']);
    expect(from('app')).toEqual(['src/app/__init__.py']);
    expect(from('logging')).toEqual([]);
    expect(from('os.path')).toEqual([]);
    expect(find('scripts/run.py', 'tool', 'python')).toEqual(['scripts/tool.py']);
  });

  it('in Go: below the module of go.mod, else by the end of the path', async () => {
    const paths = ['go.mod', 'main.go', 'internal/store/store.go', 'internal/store/log.go', 'fmt/fmt.go'];
    const find = await finder({ paths, settings: { 'go.mod': 'module example.com/tool\n\ngo 1.22\n' } });
    const store = ['internal/store/log.go', 'internal/store/store.go'];
    expect(find('main.go', 'example.com/tool/internal/store', 'go')).toEqual(store);
    expect(find('main.go', 'fmt', 'go')).toEqual([]);
    expect(find('main.go', 'github.com/other/internal/store', 'go')).toEqual([]);
    const without = await finder({ paths });
    expect(without('main.go', 'example.com/tool/internal/store', 'go')).toEqual(store);
    expect(without('main.go', 'fmt', 'go')).toEqual([]);
  });

  it('in Rust: crate, self, super, other crates of the workspace, and symbols at the end of a path', async () => {
    const find = await finder({
      paths: [
        'a/src/lib.rs',
        'a/src/store.rs',
        'a/src/store/log.rs',
        'a/src/net/mod.rs',
        'my-crate/src/lib.rs',
        'my-crate/src/x.rs',
      ],
    });
    const from = (path: string, module: string) => find(path, module, 'rust');
    expect(from('a/src/net/mod.rs', 'crate::store')).toEqual(['a/src/store.rs']);
    expect(from('a/src/net/mod.rs', 'crate::store::log')).toEqual(['a/src/store/log.rs']);
    expect(from('a/src/net/mod.rs', 'crate::store::Log')).toEqual(['a/src/store.rs', '#Log']);
    expect(from('a/src/store/log.rs', 'super::Log')).toEqual(['a/src/store.rs', '#Log']);
    expect(from('a/src/store.rs', 'self::log')).toEqual(['a/src/store/log.rs']);
    expect(from('a/src/store.rs', 'my_crate::x')).toEqual(['my-crate/src/x.rs']);
    expect(from('a/src/store.rs', 'my_crate::Thing')).toEqual(['my-crate/src/lib.rs', '#Thing']);
    expect(from('a/src/store.rs', 'std::collections')).toEqual([]);
    const named = await finder({
      paths: ['src/tool/lib.rs', 'src/tool/ops/mod.rs', 'src/tool/ops/run.rs', 'tests/all.rs'],
      settings: { 'Cargo.toml': '[package]\nname = "my-tool"\n\n[lib]\npath = "src/tool/lib.rs"\n' },
    });
    expect(named('tests/all.rs', 'my_tool::ops', 'rust')).toEqual(['src/tool/ops/mod.rs']);
    expect(named('src/tool/ops/run.rs', 'crate::ops', 'rust')).toEqual(['src/tool/ops/mod.rs']);
    expect(named('tests/all.rs', 'my_tool::Config', 'rust')).toEqual(['src/tool/lib.rs', '#Config']);
  });

  it('in Java, Kotlin and Scala: a class, a member of one, a package', async () => {
    const root = 'src/main/java/com/acme';
    const find = await finder({ paths: [`${root}/store/Log.java`, `${root}/store/Disk.kt`, `${root}/App.java`] });
    const from = (module: string) => find(`${root}/App.java`, module, 'java');
    expect(from('com.acme.store.Log')).toEqual([`${root}/store/Log.java`, '#Log']);
    expect(from('com.acme.store.Log.open')).toEqual([`${root}/store/Log.java`, '#open']);
    expect(from('com.acme.store')).toEqual([`${root}/store/Disk.kt`, `${root}/store/Log.java`]);
    expect(from('com.acme.store.*')).toEqual([`${root}/store/Disk.kt`, `${root}/store/Log.java`]);
    expect(from('java.util.List')).toEqual([]);
  });

  it('in C# and PHP: by declared namespaces, folders and class files', async () => {
    const find = await finder({
      paths: ['Store/Log.cs', 'Other/X.cs', 'src/Models/User.php', 'Acme.Net/Http.cs'],
      namespaces: { 'Acme.Store': ['Store/Log.cs'] },
    });
    expect(find('Other/X.cs', 'Acme.Store', 'csharp')).toEqual(['Store/Log.cs']);
    expect(find('Other/X.cs', 'Acme.Net', 'csharp')).toEqual(['Acme.Net/Http.cs']);
    expect(find('Other/X.cs', 'System.Linq', 'csharp')).toEqual([]);
    expect(find('index.php', 'App\\Models\\User', 'php')).toEqual(['src/Models/User.php', '#User']);
    expect(find('src/index.php', './Models/User.php', 'php')).toEqual(['src/Models/User.php']);
  });

  it('in C and C++: the header beside, by the end of its path, and the source of the same name', async () => {
    const find = await finder({
      paths: ['src/main.c', 'src/log.h', 'src/log.c', 'include/net/http.hpp', 'src/net/http.cpp'],
    });
    expect(find('src/main.c', 'log.h', 'c')).toEqual(['src/log.h', 'src/log.c']);
    expect(find('src/main.c', '<net/http.hpp>', 'cpp')).toEqual(['include/net/http.hpp', 'src/net/http.cpp']);
    expect(find('src/main.c', '<stdio.h>', 'c')).toEqual([]);
  });

  it('in Ruby, shell and others: relative, from lib, and by the end of the path', async () => {
    const find = await finder({ paths: ['lib/acme/log.rb', 'bin/run.rb', 'bin/helper.rb', 'bin/env.sh'] });
    expect(find('bin/run.rb', './helper', 'ruby')).toEqual(['bin/helper.rb']);
    expect(find('bin/run.rb', 'acme/log', 'ruby')).toEqual(['lib/acme/log.rb']);
    expect(find('bin/run.rb', 'json', 'ruby')).toEqual([]);
    expect(find('bin/run.sh', './env.sh', 'shell')).toEqual(['bin/env.sh']);
  });

  it('never throws, whatever the module and the paths are called', async () => {
    const part = fc.constantFrom(
      'a',
      'src',
      'index',
      '..',
      '.',
      '',
      '*',
      'lib.rs',
      '__init__.py',
      'x.h',
      '\\',
      '::',
      '@s',
      '#',
      '(',
      '[',
    );
    const name = fc.oneof(
      fc.string(),
      fc.array(part, { maxLength: 5 }).map((parts) => parts.join('/')),
      fc.array(part).map((parts) => parts.join('.')),
    );
    const languages = [
      'typescript',
      'python',
      'go',
      'rust',
      'java',
      'csharp',
      'php',
      'c',
      'swift',
      'ruby',
      'shell',
      'lua',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(name, { maxLength: 8 }),
        name,
        fc.constantFrom(...languages),
        async (paths, module, language) => {
          const unique = [...new Set(paths)];
          const find = await finder({
            paths: unique,
            settings: { 'package.json': module, 'tsconfig.json': module, 'go.mod': module, 'Cargo.toml': module },
          });
          for (const path of unique)
            for (const found of find(path, module, language))
              expect(found.startsWith('#') || unique.includes(found)).toBe(true);
        },
      ),
    );
  });
});
