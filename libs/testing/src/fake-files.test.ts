import { createMemoryFiles } from './fake-files.ts';
import { describeFilesContract } from './files-contract.ts';

describeFilesContract('memory', () => {
  const files = createMemoryFiles();
  return {
    files,
    write: async (path, content) => {
      files.write(path, content);
      await Promise.resolve();
    },
    remove: async (path) => {
      files.remove(path);
      await Promise.resolve();
    },
  };
});
