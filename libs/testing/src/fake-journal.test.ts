import { createMemoryFiles } from './fake-files.ts';
import { createFakeJournal } from './fake-journal.ts';
import { describeJournalContract } from './journal-contract.ts';

describeJournalContract('fake', () => {
  const files = createMemoryFiles();
  return {
    journal: createFakeJournal({ files }),
    write: async (path, content) => files.write(path, content),
    remove: async (path) => files.remove(path),
    read: async (path) =>
      files.read(path).then(
        (bytes) => new TextDecoder().decode(bytes),
        () => undefined,
      ),
  };
});
