import type { Project } from './project.ts';

/** Where a Python program of the project is called from: its virtual environment, else the PATH. */
export async function pythonPrograms(project: Project): Promise<(name: string) => string> {
  for (const folder of ['.venv/bin', 'venv/bin', '.venv/Scripts', 'venv/Scripts'])
    if ((await project.exists(`${folder}/python`)) || (await project.exists(`${folder}/python.exe`))) {
      const present = new Set<string>();
      for (const name of ['python', 'mypy', 'pyright', 'ruff', 'pytest'])
        if (await project.exists(`${folder}/${name}`)) present.add(name);
      return (name) => {
        const own = name === 'python3' ? 'python' : name;
        return present.has(own) ? project.absolute(`${folder}/${own}`) : name;
      };
    }
  return (name) => name;
}
